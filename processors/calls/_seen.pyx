"""What C has faster than Python; :mod:`otel2test.processors.calls.seen` says what it is.

Here containers and instances inside of others are looked into as well.
"""

cimport cython
from cpython.object cimport PyObject

from otel2test.processors.kinds cimport Kind

from otel2test.processors import kinds
from otel2test.secrets.shapes import SHORTEST

cdef extern from "Python.h":
    PyObject *PyDict_GetItem(object found, object key)
    int PyDict_Next(object found, Py_ssize_t *position, PyObject **key, PyObject **value)
    object PyLong_FromVoidPtr(void *address)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    bint PyUnicode_IS_ASCII(object text)
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1
    Py_UCS4 PyUnicode_READ_CHAR(object text, Py_ssize_t index)

cdef object _END
cdef frozenset _PLAIN
cdef dict _KINDS = kinds.KINDS
cdef Py_ssize_t _LONGEST_HELD
cdef Py_ssize_t _MOST_HELD
cdef Py_ssize_t _MOST_PARTS
cdef Py_ssize_t _MOST_SEEN
cdef Py_ssize_t _SHORTEST = SHORTEST
cdef Py_ssize_t _MOST_ITEMS = 100
cdef int _MAX_DEPTH = 4


def _configure():
    global _END, _PLAIN, _LONGEST_HELD, _MOST_HELD, _MOST_PARTS, _MOST_SEEN
    from otel2test.processors.calls import seen

    _END = seen.END
    _PLAIN = frozenset(kinds.PLAIN_CLASSES)
    _LONGEST_HELD = seen.LONGEST_HELD
    _MOST_HELD = seen.MOST_HELD
    _MOST_PARTS = seen.MOST_PARTS
    _MOST_SEEN = seen.MOST_SEEN


_configure()


@cython.final
cdef class _Known:
    cdef tuple parts
    cdef object form


@cython.final
cdef class Seen:
    def __init__(self):
        self._seen = {}
        self._held = 0

    cpdef clear(self):
        self._seen.clear()
        self._held = 0

    cpdef bint stands(self, object value) except -1:
        cdef int overflow = 0
        cls = type(value)
        if cls is int:
            PyLong_AsLongLongAndOverflow(value, &overflow)
            return not overflow
        if cls is str:
            return PyUnicode_GET_LENGTH(value) < _SHORTEST and PyUnicode_IS_ASCII(value)
        return value is None or cls is bool

    cpdef object form(self, object value):
        cdef PyObject *found = PyDict_GetItem(self._seen, PyLong_FromVoidPtr(<void *>value))
        if found is NULL:
            return None
        known = <_Known><object>found
        return known.form if _is(value, known.parts) else None

    cpdef tuple parts(self, object value):
        cdef list taken = []
        cdef _Walk walk
        walk.expected, walk.taken, walk.count = NULL, <PyObject *>taken, 0
        return tuple(taken) if _goes(&walk, value, 0) else None

    cpdef remember(self, object value, tuple parts, object form):
        cdef _Known known
        cdef Py_ssize_t held = 0
        if not _is(value, parts):
            return
        for part in parts:
            if type(part) is str:
                held += PyUnicode_GET_LENGTH(part)
        if len(self._seen) >= _MOST_SEEN or self._held + held > _MOST_HELD:
            self.clear()
        self._held += held
        known = _Known.__new__(_Known)
        known.parts, known.form = parts, form
        self._seen[PyLong_FromVoidPtr(<void *>value)] = known


cdef struct _Walk:
    # Either of the two is NULL; who begins the walk holds the other.
    PyObject *expected
    PyObject *taken
    Py_ssize_t count


cdef bint _is(object value, tuple parts) except -1:
    cdef _Walk walk
    walk.expected, walk.taken, walk.count = <PyObject *>parts, NULL, 0
    return _goes(&walk, value, 0) and walk.count == len(parts)


cdef bint _step(_Walk *walk, object part) except -1:
    """Take a part, or compare it with the one that is expected."""
    cdef Py_ssize_t at = walk.count
    walk.count = at + 1
    if walk.expected is NULL:
        (<list>walk.taken).append(part)
        return at < _MOST_PARTS
    return at < len(<tuple>walk.expected) and (<tuple>walk.expected)[at] is part


cdef bint _goes(_Walk *walk, object value, int depth) except -1:
    """Go through a value; False as soon as a part isn't the one that is expected, or unknown."""
    cdef Kind kind
    cdef PyObject *found
    cls = type(value)
    if value is None or cls is int or cls is bool or cls is float or cls in _PLAIN:
        return _step(walk, value)
    if cls is str:
        return PyUnicode_GET_LENGTH(value) <= _LONGEST_HELD and _step(walk, value)
    if depth >= _MAX_DEPTH:
        return False
    if cls is list:
        if len(<list>value) > _MOST_ITEMS or not _step(walk, cls):
            return False
        for item in <list>value:
            if not _goes(walk, item, depth + 1):
                return False
        return _step(walk, _END)
    if cls is tuple:
        if len(<tuple>value) > _MOST_ITEMS or not _step(walk, cls):
            return False
        for item in <tuple>value:
            if not _goes(walk, item, depth + 1):
                return False
        return _step(walk, _END)
    if cls is dict:
        return _step(walk, cls) and _items(walk, value, depth) and _step(walk, _END)
    found = PyDict_GetItem(_KINDS, cls)
    if found is NULL:
        return False
    kind = <Kind><object>found
    if kind.raw is None:
        return False
    attributes = kind.raw(value)
    if type(attributes) is not dict or not _step(walk, cls):
        return False
    if kind.columns is None:
        return _items(walk, attributes, depth) and _step(walk, _END)
    for column in <tuple>kind.columns:
        found = PyDict_GetItem(attributes, column)
        if found is not NULL:
            item = <object>found
            if not (_step(walk, column) and _goes(walk, item, depth + 1)):
                return False
    return _step(walk, _END)


cdef bint _items(_Walk *walk, object items, int depth) except -1:
    cdef Py_ssize_t position = 0
    cdef PyObject *key
    cdef PyObject *item
    if len(<dict>items) > _MOST_ITEMS:
        return False
    while PyDict_Next(items, &position, &key, &item):
        name = <object>key
        value = <object>item
        if type(name) is not str or PyUnicode_GET_LENGTH(name) > _LONGEST_HELD or _is_dunder(name):
            return False
        if not (_step(walk, name) and _goes(walk, value, depth + 1)):
            return False
    return True


cdef bint _is_dunder(object name):
    # Attributes with such names aren't told.
    if PyUnicode_GET_LENGTH(name) < 2:
        return False
    return PyUnicode_READ_CHAR(name, 0) == 95 and PyUnicode_READ_CHAR(name, 1) == 95
