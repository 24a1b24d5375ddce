"""What C has faster than Python; :mod:`otel2test.processors.hashes` says what it is.

A table with open addresses: to ask a set makes an object of each number, and compares it with others.
"""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free

cdef size_t _SMALLEST = 64  # a power of two, as all sizes are


@cython.final
cdef class Hashes:
    def __cinit__(self):
        self._table = <Py_hash_t *>PyMem_Calloc(_SMALLEST, sizeof(Py_hash_t))
        if self._table is NULL:
            raise MemoryError
        self._mask = _SMALLEST - 1

    def __dealloc__(self):
        PyMem_Free(self._table)

    def __len__(self):
        return self._count + self._has_zero

    def __contains__(self, Py_hash_t mark):
        return self.has(mark)

    def add(self, Py_hash_t mark):
        if self.has(mark):
            return
        if not mark:
            self._has_zero = True  # in the table it stands for an empty place
            return
        if self._count * 2 > self._mask:
            self._grow()
        self._put(mark)

    def clear(self):
        cdef size_t place
        for place in range(self._mask + 1):
            self._table[place] = 0
        self._count, self._has_zero = 0, False

    cdef bint has(self, Py_hash_t mark) noexcept:
        cdef size_t place = <size_t>mark & self._mask
        if not mark:
            return self._has_zero
        while self._table[place]:
            if self._table[place] == mark:
                return True
            place = (place + 1) & self._mask
        return False

    cdef int _grow(self) except -1:
        cdef Py_hash_t *before = self._table
        cdef size_t size = self._mask + 1
        cdef size_t place
        cdef Py_hash_t *table = <Py_hash_t *>PyMem_Calloc(size * 2, sizeof(Py_hash_t))
        if table is NULL:
            raise MemoryError
        self._table, self._mask, self._count = table, size * 2 - 1, 0
        for place in range(size):
            if before[place]:
                self._put(before[place])
        PyMem_Free(before)
        return 0

    cdef void _put(self, Py_hash_t mark) noexcept:
        cdef size_t place = <size_t>mark & self._mask
        while self._table[place]:
            place = (place + 1) & self._mask
        self._table[place] = mark
        self._count += 1
