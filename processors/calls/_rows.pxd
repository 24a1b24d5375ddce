from otel2test.processors.calls._text cimport Text


cdef class Rows:
    cdef public long long size
    cdef Text _text
    cdef list _encoded
    cdef long long _count

    cpdef long long number(self)
    cpdef add(self, (long long, long, long long, long, long long, long long) head, object arguments,
              object kept, int outcome, object value, long yielded)
    cpdef bytes take(self)
