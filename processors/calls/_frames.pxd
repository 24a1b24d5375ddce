cdef class Interpreter:
    cdef object _here
    cdef object _get_context
    cdef object _variable
    cdef bint _is_own
    cdef object _last
    cdef unsigned long long _last_id
    cdef long long _number

    cpdef object thread(self)
    cpdef object context(self)
    cpdef long long now(self) except? -1
    cpdef object known(self, object functions, object code)
    cpdef size_t running(self, object code) except 0
    cpdef object globals_of_running(self)
    cpdef size_t handle(self, object frame)
    cpdef size_t identity(self, size_t frame)
    cpdef list values_of(self, size_t frame, tuple names, tuple places)
