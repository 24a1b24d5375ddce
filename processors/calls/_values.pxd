from cpython.object cimport PyObject

from otel2test.processors.calls._text cimport Text
from otel2test.processors.kinds cimport Kind


ctypedef object (*Reader "getter")(object, void *)

cdef enum:
    _NEAR = 64


cdef class Class:
    cdef object cls
    cdef Kind kind
    cdef bint is_held
    cdef bint is_leaf
    cdef bint is_instance
    cdef bint is_model
    cdef bytes head
    cdef bytes opening
    cdef tuple names
    cdef tuple are_secret
    cdef dict secret
    cdef Reader read


cdef class Values:
    cdef public list encoded
    cdef public long long size
    cdef public dict shapes
    cdef dict _places
    cdef dict _texts
    cdef dict _secrets
    cdef dict _held
    cdef dict _names
    cdef dict _classes
    cdef PyObject *_near[_NEAR]
    cdef object _moment

    cdef _forget(self)
    cpdef bytes of(self, object value)
    cpdef bytes forms(self, list values, tuple secret)
    cpdef bytes secret(self, object value)
    cdef int _form(self, Text *text, object value) except -1
    cdef int _place(self, Text *text, Py_ssize_t start) except -1
    cdef int _put_wire(self, Text *text, object wire) except -1
    cdef object _shaped(self, object wire)
    cdef long _number(self, tuple shape) except -1
    cdef bytes _text_of(self, object value)
    cdef bytes _secret_of(self, object value)
    cdef object _name_of(self, object name)
    cdef Class _class_of(self, object cls)
    cdef bint _part(self, Text *text, object value, int depth, int *parts) except -1
    cdef bint _list(self, Text *text, object value, int *parts) except -1
    cdef bint _items(self, Text *text, object items, int depth, int *parts) except -1
    cdef bint _mapping(self, Text *text, object found, Class known, int depth, int *parts) except -1
    cdef bint _named(self, Text *text, bint is_secret, object value, int depth, int *parts) except -1
    cdef bint _whole(self, Text *text, object value, Class known, int depth, int *parts) except -1
    cdef bint _model(self, Text *text, object found, Class known, int depth, int *parts) except -1
    cdef bint _column(self, Text *text, Class known, object name, object value, int depth, int *parts) except -1
    cdef bint _shape(self, Text *text, object value, Class known, int *parts) except -1
    cdef bint _attributes(self, Text *text, object found, Class known, int *parts) except -1
    cdef bint _columns(self, Text *text, object found, Class known, int *parts) except -1
    cdef bint _take_shape(self, Class known, str tag, object name, tuple names) except -1
