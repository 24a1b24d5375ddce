cimport cython

from otel2test.processors.kinds cimport Kind


cdef class _Seen:
    cdef object cls
    cdef tuple names
    cdef tuple values
    cdef list form


cdef class Values:
    cdef public list encoded
    cdef public long long size
    cdef public dict shapes
    cdef dict _places
    cdef dict _seen

    @cython.locals(kind=Kind)
    cpdef object of(self, object value)
    cpdef object secret(self, object value)
    @cython.locals(text=bytes)
    cpdef object put(self, object wire)
    @cython.locals(known=_Seen, names=tuple, parts=tuple, index=Py_ssize_t, count=Py_ssize_t)
    cpdef object _instance(self, object value, object cls, Kind kind)
    cpdef object _remember(self, long long identity, _Seen seen)
    cpdef object _shaped(self, object wire)
