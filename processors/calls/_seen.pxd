cdef class Seen:
    cdef dict _seen

    cpdef clear(self)
    cpdef bint stands(self, object value) except -1
    cpdef object form(self, object value)
    cpdef tuple parts(self, object value)
    cpdef remember(self, object value, tuple parts, object form)
