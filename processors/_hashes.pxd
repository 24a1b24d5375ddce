cdef class Hashes:
    cdef Py_hash_t *_table
    cdef size_t _mask
    cdef size_t _count
    cdef bint _has_zero

    cdef bint has(self, Py_hash_t mark) noexcept
    cdef int _grow(self) except -1
    cdef void _put(self, Py_hash_t mark) noexcept
