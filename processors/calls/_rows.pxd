from otel2test.processors.calls._text cimport Text


cdef class Rows:
    cdef public long long size
    cdef Text _text
    cdef list _encoded
    cdef long long _count
    cdef long long _highest
    cdef long long _parent
    cdef long _span
    cdef long long _start

    cpdef long long number(self)
    cpdef add(self, (long long, long, long long, long, long long, long long) numbers, object arguments,
              object kept, object result, long yielded)
    cpdef bytes take(self)
