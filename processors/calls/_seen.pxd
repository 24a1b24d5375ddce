cdef class Seen:
    cdef dict _seen
    cdef Py_ssize_t _held

    cpdef clear(self)
    cpdef bint stands(self, object value) except -1
    cpdef object form(self, object value)
    cpdef tuple parts(self, object value)
    cpdef remember(self, object value, tuple parts, object form)
