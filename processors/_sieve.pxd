cdef class Sieve:
    cdef bint _is_blind
    cdef bint _emails
    cdef bint _phones
    cdef bytes _stems
    cdef unsigned char _begins[4096]

    cpdef bint is_clean(self, object text) except -1
    cdef bint _has_stem(self, const unsigned char *at, const unsigned char *end, bint in_pairs) noexcept
    cdef bint _is_stem(self, const unsigned char *at, const unsigned char *end, bint in_pairs) noexcept
