cimport cython

from otel2test.processors.calls._seen cimport Seen
from otel2test.processors.kinds cimport Kind


@cython.final
cdef class Values:
    cdef public list encoded
    cdef public long long size
    cdef public dict shapes
    cdef dict _places
    cdef Seen _seen
    cdef dict _texts
    cdef dict _plain_shapes
    cdef object _moment

    @cython.locals(kind=Kind)
    cpdef object of(self, object value)
    cpdef object secret(self, object value)
    cpdef object put(self, object wire)
    @cython.locals(text=bytes)
    cpdef object _placed(self, object form)
    cpdef object _text(self, str value)
    @cython.locals(parts=tuple)
    cpdef object _container(self, object value, object cls)
    cpdef object _plain_list(self, list value)
    @cython.locals(shape=tuple, values=tuple, key=tuple, form=list)
    cpdef object _plain_instance(self, tuple parts)
    cpdef object _wire(self, object value)
    cpdef object _number(self, tuple shape)
    cpdef object _shaped(self, object wire)
    cpdef object _forget(self)
