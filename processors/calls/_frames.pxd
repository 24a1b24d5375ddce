cdef class Interpreter:
    cdef object _here
    cdef object _get_context
    cdef object _variable
    cdef bint _is_own
    cdef object _last
    cdef unsigned long long _last_id

    cpdef object thread(self)
    cpdef object context(self)
    cpdef long long now(self) except? -1
    cpdef object known(self, object functions, object code)
    cpdef object running(self)
    cpdef size_t identity(self, object frame)
    cpdef list values_of(self, object frame, tuple names)
