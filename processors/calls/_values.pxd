from otel2test.processors.calls._parts cimport Class, Parts
from otel2test.processors.calls._text cimport Text


cdef class Values(Parts):
    cdef public list encoded
    cdef public long long size
    cdef public dict shapes
    cdef readonly bytes unset
    cdef dict _places

    cpdef bytes of(self, object value)
    cpdef bytes forms(self, list values, tuple secret)
    cpdef bytes unset_all(self, Py_ssize_t count)
    cpdef bytes raised(self, object told)
    cpdef bytes secret(self, object value)
    cdef int _form(self, Text *text, object value) except -1
    cdef int _place(self, Text *text, Py_ssize_t start) except -1
    cdef int _put_wire(self, Text *text, object wire) except -1
    cdef object _shaped(self, object wire)
    cdef long _number(self, tuple shape) except -1
    cdef bint _list(self, Text *text, object value, int *parts) except -1
    cdef bint _shape(self, Text *text, object value, Class known, int *parts) except -1
    cdef int _attributes(self, Text *text, object found, Class known, int *parts) except -1
    cdef int _columns(self, Text *text, object found, Class known, int *parts) except -1
    cdef int _attribute(self, Text *text, object value, object tag, bint is_secret, int *parts) except -1
    cdef bint _take_shape(self, Class known, object found) except -1
