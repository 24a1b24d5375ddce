from cpython.object cimport PyObject

from otel2test.processors._hashes cimport Hashes
from otel2test.processors.calls._text cimport Text
from otel2test.processors.kinds cimport Kind


ctypedef object (*Reader "getter")(object, void *)

cdef enum:
    _NEAR = 64
    _HELD = 512


cdef class Name:
    """A name with a colon in JSON, and what it says of a value that goes by it."""

    cdef bytes json
    cdef bint is_secret
    cdef bint is_dunder
    cdef bint is_tag


cdef class Held:
    """A value of a plain class, and what stands behind its tag; while it is held nothing else can be there."""

    cdef object value
    cdef bytes payload


cdef class Class:
    """What is known of a class, and of the attributes that its instances had lately."""

    cdef object cls
    cdef Kind kind
    cdef str tag
    cdef bytes tag_json
    cdef object text_of
    cdef bint is_leaf
    cdef bint is_instance
    cdef bint is_model
    cdef bytes head
    cdef bytes opening
    cdef tuple names
    cdef tuple tags
    cdef tuple are_secret
    cdef dict secret
    cdef Reader read


cdef class Parts:
    cdef dict _texts
    cdef dict _secrets
    cdef Hashes _clean
    cdef Hashes _recognisable
    cdef list _held
    cdef dict _names
    cdef dict _classes
    cdef PyObject *_near[_NEAR]
    cdef object _moment

    cdef _forget(self)
    cdef int _be_current(self) except -1
    cdef int _put_text(self, Text *text, object value) except -1
    cdef bytes _secret_of(self, object value)
    cdef Name _name_of(self, object name)
    cdef Class _class_of(self, object cls)
    cdef int _put_payload(self, Text *text, object value, Class known) except -1
    cdef int _put_tagged(self, Text *text, object value, Class known) except -1
    cdef bint _part(self, Text *text, object value, int depth, int *parts) except -1
    cdef bint _items(self, Text *text, object items, int depth, int *parts) except -1
    cdef bint _mapping(self, Text *text, object found, Class known, int depth, int *parts) except -1
    cdef bint _named(self, Text *text, bint is_secret, object value, int depth, int *parts) except -1
    cdef bint _whole(self, Text *text, object value, Class known, int depth, int *parts) except -1
    cdef bint _model(self, Text *text, object found, Class known, int depth, int *parts) except -1
    cdef bint _is_secret_column(self, Class known, object name) except -1


cdef bytes payload_of(object value, Class known)
cdef object attributes_of(object value, Class known)
cdef bytes json_of(object wire)
cdef int put_bytes(Text *text, bytes json) except -1
