"""What C has faster than Python; :mod:`otel2test.processors.calls.values` says what it is.

Forms are made as the bytes that are written, in one walk through a value: that takes no longer than to
find out that a value is still the same.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject

from otel2test.processors.calls._parts cimport Class, Parts, attributes_of, json_of, put_bytes
from otel2test.processors.calls._text cimport Text, begin, drop, put, put_number, put_one, put_simple
from otel2test.processors.snapshots cimport snapshot

from otel2test.processors.calls._frames import UNBOUND as _unbound
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import MAX_ITEMS
from otel2test.secrets.shapes import SHORTEST

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(object found, object key) except? NULL
    int PyDict_Next(object found, Py_ssize_t *position, PyObject **key, PyObject **value)

cdef enum:
    _REFUSED = 0
    _PUT = 1
    _OTHER_SHAPE = 2

cdef object UNBOUND = _unbound
cdef Py_ssize_t _SHORTEST = SHORTEST
cdef Py_ssize_t _MAX_ITEMS = MAX_ITEMS
cdef Py_ssize_t _SHORT
cdef frozenset _TAGS


def _configure():
    global _SHORT, _TAGS
    from otel2test.processors.calls import values

    _SHORT, _TAGS = values.SHORT, values.TAGS


_configure()


@cython.final
cdef class Values(Parts):
    def __init__(self):
        self.encoded = []
        self.size = 0
        self.shapes = {}
        self.unset = b"[]"
        self._places = {}
        self._forget()

    cpdef bytes of(self, object value):
        cdef Text text
        if value is None:
            return b"null"
        begin(&text)
        try:
            self._form(&text, value)
            return PyBytes_FromStringAndSize(text.data, text.used)
        finally:
            drop(&text)

    cpdef bytes forms(self, list values, tuple secret):
        cdef Text text
        cdef Py_ssize_t index
        begin(&text)
        try:
            for index in range(len(values)):
                if index:
                    put_one(&text, b",")
                value = values[index]
                if value is UNBOUND:
                    put(&text, "[]", 2)
                elif secret and secret[index]:
                    form = self.secret(value)
                    put(&text, PyBytes_AS_STRING(form), PyBytes_GET_SIZE(form))
                else:
                    self._form(&text, value)
            return PyBytes_FromStringAndSize(text.data, text.used)
        finally:
            drop(&text)

    cpdef bytes unset_all(self, Py_ssize_t count):
        return b",".join([self.unset] * count) if count else b""

    cpdef bytes raised(self, object told):
        cdef Text text
        begin(&text)
        try:
            put(&text, "[true,", 6)
            self._put_wire(&text, told)
            put_one(&text, b"]")
            return PyBytes_FromStringAndSize(text.data, text.used)
        finally:
            drop(&text)

    cpdef bytes secret(self, object value):
        cdef Text text
        begin(&text)
        try:
            self._put_wire(&text, redactor.scramble(snapshot(value)))
            return PyBytes_FromStringAndSize(text.data, text.used)
        finally:
            drop(&text)

    cdef int _form(self, Text *text, object value) except -1:
        """Put the form of a value."""
        cdef Class known
        cdef int parts = 0
        cdef Py_ssize_t start = text.used
        cdef bint is_walked
        if put_simple(text, value, _SHORTEST):
            return 0
        self._be_current()
        cls = type(value)
        if cls is str:
            self._put_text(text, value)
            return self._place(text, start)
        try:
            if cls is list:
                is_walked = self._list(text, value, &parts)
            elif cls is dict or cls is tuple:
                is_walked = self._part(text, value, 0, &parts)
            else:
                known = self._class_of(cls)
                if known.tag is not None:
                    is_walked = self._put_tagged(text, value, known) == 0
                elif known.is_instance:
                    is_walked = self._shape(text, value, known, &parts)
                else:
                    is_walked = False
        except Exception:  # snapshot() meets the same, and tells of it
            is_walked = False
        if not is_walked:
            text.used = start
            return self._put_wire(text, snapshot(value))
        return self._place(text, start)

    cdef int _place(self, Text *text, Py_ssize_t start) except -1:
        """Put a reference to the table in the place of a form that is longer than that."""
        cdef Py_ssize_t length = text.used - start
        cdef PyObject *found
        if length <= _SHORT:
            return 0
        form = PyBytes_FromStringAndSize(text.data + start, length)
        found = PyDict_GetItemWithError(self._places, form)
        if found is NULL:
            place = self._places[form] = len(self.encoded)
            self.encoded.append(form)
            self.size += length
        else:
            place = <object>found
        text.used = start
        put_one(text, b"[")
        put_number(text, place)
        return put_one(text, b"]")

    cdef int _put_wire(self, Text *text, object wire) except -1:
        """Put the form of a snapshot."""
        cdef Py_ssize_t start = text.used
        cls = type(wire)
        if cls is dict:
            wire = self._shaped(wire)
        elif cls is list:
            wire = [None, *wire]
        put_bytes(text, json_of(wire))
        return self._place(text, start)

    cdef object _shaped(self, object wire):
        """Return an instance as the number of its shape and its attributes' values, all else as it is."""
        if len(wire) != 1:
            return wire
        before = ()
        if "$model" in wire:
            payload = wire["$model"]
            head, attributes, before = ("$model", payload["model"]), payload["fields"], (payload["pk"],)
        elif "$object" in wire:
            payload = wire["$object"]
            head, attributes = ("$object", payload["type"]), payload["attributes"]
        else:
            return wire
        if not attributes:
            return wire
        shape, form = list(head), [None, *before]
        for name, value in attributes.items():
            tag = _tag_of(value)
            shape.append(name if tag is None else (name, tag))
            form.append(value if tag is None else value[tag])
        form[0] = self._number(tuple(shape))
        return form

    cdef long _number(self, tuple shape) except -1:
        number = self.shapes.get(shape)
        if number is None:
            number = self.shapes[shape] = len(self.shapes)
        return number

    cdef bint _list(self, Text *text, object value, int *parts) except -1:
        """Put the form of a list."""
        put(text, "[null", 5)
        if len(<list>value):
            put_one(text, b",")
        parts[0] += 1
        return self._items(text, value, 1, parts) and put_one(text, b"]") == 0

    cdef bint _shape(self, Text *text, object value, Class known, int *parts) except -1:
        """Put the form of an instance."""
        cdef Py_ssize_t start = text.used
        cdef int before, outcome
        found = attributes_of(value, known)
        parts[0] += 1
        before = parts[0]
        if type(found) is not dict:
            return False
        if not known.is_model and not len(<dict>found):
            put_bytes(text, known.head)
            return put(text, "}}}", 3) == 0
        outcome = self._columns(text, found, known, parts) if known.is_model else (
            self._attributes(text, found, known, parts)
        )
        if outcome == _OTHER_SHAPE:
            if not self._take_shape(known, found):
                return False
            text.used, parts[0] = start, before
            outcome = self._columns(text, found, known, parts) if known.is_model else (
                self._attributes(text, found, known, parts)
            )
        return outcome == _PUT

    cdef int _attributes(self, Text *text, object found, Class known, int *parts) except -1:
        """Put the form of an instance, if its attributes have the names and tags that are known."""
        cdef Py_ssize_t position = 0
        cdef Py_ssize_t index = 0
        cdef PyObject *key
        cdef PyObject *item
        cdef tuple names = known.names
        cdef tuple tags = known.tags
        cdef tuple are_secret = known.are_secret
        cdef Py_ssize_t count = len(names)
        cdef int outcome
        if count == 0 or len(<dict>found) != count:
            return _OTHER_SHAPE
        put_bytes(text, known.opening)
        while PyDict_Next(found, &position, &key, &item):
            if index >= count or key is not <PyObject *>names[index]:
                return _OTHER_SHAPE
            outcome = self._attribute(text, <object>item, tags[index], are_secret[index] is True, parts)
            if outcome != _PUT:
                return outcome
            index += 1
        # Another thread may have changed it meanwhile.
        return _PUT if index == count and put_one(text, b"]") == 0 else _REFUSED

    cdef int _columns(self, Text *text, object found, Class known, int *parts) except -1:
        """Put the form of an instance of a model, if the columns that are loaded are those that are known."""
        cdef Py_ssize_t index = 0
        cdef PyObject *item
        cdef tuple names = known.names
        cdef tuple tags = known.tags
        cdef tuple are_secret = known.are_secret
        cdef Py_ssize_t count = len(names)
        cdef int outcome
        if count == 0:
            return _OTHER_SHAPE
        key = known.kind.primary_key
        item = PyDict_GetItemWithError(found, key)
        if item is NULL:
            return _REFUSED
        put_bytes(text, known.opening)
        put_one(text, b",")
        if not self._named(text, self._is_secret_column(known, key), <object>item, 1, parts):
            return _REFUSED
        for name in <tuple>known.kind.columns:
            item = PyDict_GetItemWithError(found, name)
            if item is NULL:
                continue
            if index >= count or name is not names[index]:
                return _OTHER_SHAPE
            outcome = self._attribute(text, <object>item, tags[index], are_secret[index] is True, parts)
            if outcome != _PUT:
                return outcome
            index += 1
        if index != count:
            return _OTHER_SHAPE
        put_one(text, b"]")
        return _PUT

    cdef int _attribute(self, Text *text, object value, object tag, bint is_secret, int *parts) except -1:
        """Put the value of an attribute, of which the shape says the tag or that it has none."""
        cdef Class known
        put_one(text, b",")
        if is_secret:
            return self._named(text, True, value, 1, parts)
        if tag is None and put_simple(text, value, _SHORTEST):
            parts[0] += 1
            return _PUT
        known = self._class_of(type(value))
        if known.tag is not tag:
            return _OTHER_SHAPE
        if tag is None:
            return self._part(text, value, 1, parts)
        parts[0] += 1
        self._put_payload(text, value, known)
        return _PUT

    cdef bint _take_shape(self, Class known, object found) except -1:
        """Expect instances to have these attributes from now on; False if there can't be such a shape."""
        cdef bint is_secret
        names, tags, are_secret, shape = [], [], [], []
        for name in known.kind.columns if known.is_model else tuple(<dict>found):
            if name not in <dict>found:
                continue
            value = (<dict>found)[name]
            told = self._name_of(name)
            if told is None or told.is_dunder:
                return False
            is_secret = self._is_secret_column(known, name) if known.is_model else told.is_secret
            tag = None if is_secret else self._class_of(type(value)).tag
            names.append(name)
            tags.append(tag)
            are_secret.append(is_secret)
            shape.append(name if tag is None else (name, tag))
        if not names or len(names) > _MAX_ITEMS:
            return False
        head = ("$model", known.kind.label) if known.is_model else ("$object", known.kind.name)
        known.opening = b"[%d" % self._number((*head, *shape))
        known.names, known.tags, known.are_secret = tuple(names), tuple(tags), tuple(are_secret)
        return True


cdef object _tag_of(object wire):
    """Return the tag that a shape may say of a value, None for no such."""
    if type(wire) is not dict or len(<dict>wire) != 1:
        return None
    tag = next(iter(<dict>wire))
    return tag if tag in _TAGS else None
