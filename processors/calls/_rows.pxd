cdef class Rows:
    cdef public long long size
    cdef char *_data
    cdef Py_ssize_t _used
    cdef Py_ssize_t _room
    cdef list _encoded

    cpdef add(self, (long long, long, long long, long, long long, long long) head, list arguments,
              list kept, int outcome, object value, long yielded)
    cpdef bytes take(self)
    cdef int _wires(self, list forms) except -1
    cdef int _wire(self, object form) except -1
    cdef int _number(self, long long number) except -1
    cdef int _put(self, const char *text, Py_ssize_t length) except -1
    cdef int _reserve(self, Py_ssize_t length) except -1
