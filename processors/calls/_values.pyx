"""What C has faster than Python; :mod:`otel2test.processors.calls.values` says what it is.

Forms are made as the bytes that are written, in one walk through a value: that takes no longer than to
find out that a value is still the same. What can't be met in such a walk (what is not plain, too large or
too deep, what has to be asked how it is read) makes it end, and the whole is taken as any other snapshot.
"""

# Other threads may run wherever Python is called: nothing but a form that is finished is kept by ``self``.

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject

from otel2test.processors.calls._text cimport (
    Text, begin, drop, is_plain, put, put_number, put_one, put_plain, reserve,
)
from otel2test.processors.kinds cimport Kind, kind_of

import math

import orjson

from otel2test.processors import kinds
from otel2test.processors.calls._frames import UNBOUND as _unbound
from otel2test.processors.otlp import dump
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import MAX_DEPTH, MAX_ITEMS, MAX_PARTS, snapshot
from otel2test.secrets.shapes import SHORTEST

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(object found, object key) except? NULL
    int PyDict_Next(object found, Py_ssize_t *position, PyObject **key, PyObject **value)
    object PyLong_FromVoidPtr(void *address)
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1

cdef extern from *:
    """
    /* What reads the ``__dict__`` of instances; NULL where that isn't as it usually is. */
    static getter otel2test_reader(PyObject *method) {
        PyObject *of = PyObject_GetAttrString(method, "__self__");
        getter found = NULL;
        if (of == NULL) {
            PyErr_Clear();
            return NULL;
        }
        if (Py_TYPE(of) == &PyGetSetDescr_Type && ((PyGetSetDescrObject *)of)->d_getset->closure == NULL) {
            found = ((PyGetSetDescrObject *)of)->d_getset->get;
        }
        Py_DECREF(of);
        return found;
    }
    """
    Reader otel2test_reader(object method)

cdef object UNBOUND = _unbound
cdef dict _known = vars(redactor.known)
cdef object _secret_names = redactor.secret_names
cdef frozenset _PLAIN = frozenset(kinds.PLAIN_CLASSES)
cdef frozenset _LEAVES = frozenset({"lazy", "reference", "scalar"})
cdef Py_ssize_t _SHORTEST = SHORTEST
cdef int _MAX_DEPTH = MAX_DEPTH
cdef Py_ssize_t _MAX_ITEMS = MAX_ITEMS
cdef int _MAX_PARTS = MAX_PARTS
cdef Py_ssize_t _SHORT
cdef Py_ssize_t _LONGEST_HELD
cdef Py_ssize_t _MOST_SEEN
cdef object _isfinite = math.isfinite


def _configure():
    global _SHORT, _LONGEST_HELD, _MOST_SEEN
    from otel2test.processors.calls import seen, values

    _SHORT, _LONGEST_HELD, _MOST_SEEN = values.SHORT, seen.LONGEST_HELD, seen.MOST_SEEN


_configure()


@cython.final
cdef class _Held:
    """A value and its JSON; as long as it is held nothing else can be where it is."""

    cdef object value
    cdef bytes json


@cython.final
cdef class Class:
    pass


@cython.final
cdef class Values:
    def __init__(self):
        self.encoded = []
        self.size = 0
        self.shapes = {}
        self._places = {}
        self._forget()

    cdef _forget(self):
        cdef int place
        self._moment = _known["first_met"]
        for place in range(_NEAR):
            self._near[place] = NULL
        self._texts = {}
        self._secrets = {}
        self._held = {}
        self._names = {}
        self._classes = {}

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
            put_one(&text, b"[")
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
        if _put_simple(text, value):
            return 0
        if PyDict_GetItemWithError(_known, "first_met") != <PyObject *>self._moment:
            # What became a secret since may stand in anything that is remembered.
            self._forget()
        cls = type(value)
        try:
            if cls is str:
                _put_bytes(text, self._text_of(value))
                return self._place(text, start)
            if cls is list:
                is_walked = self._list(text, value, &parts)
            elif cls is dict or cls is tuple:
                is_walked = self._part(text, value, 0, &parts)
            else:
                known = self._class_of(cls)
                if known.is_instance:
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
        _put_bytes(text, _json(wire))
        return self._place(text, start)

    cdef object _shaped(self, object wire):
        """Return an instance as the number of its shape and its attributes' values, all else as it is."""
        if len(wire) != 1:
            return wire
        before = []
        if "$model" in wire:
            payload = wire["$model"]
            attributes = payload["fields"]
            shape = ("$model", payload["model"], *attributes)
            before.append(payload["pk"])
        elif "$object" in wire:
            payload = wire["$object"]
            attributes = payload["attributes"]
            shape = ("$object", payload["type"], *attributes)
        else:
            return wire
        if not attributes:
            return wire
        return [self._number(shape), *before, *attributes.values()]

    cdef long _number(self, tuple shape) except -1:
        number = self.shapes.get(shape)
        if number is None:
            number = self.shapes[shape] = len(self.shapes)
        return number

    cdef bytes _text_of(self, object value):
        """Return a text's JSON."""
        cdef PyObject *found = PyDict_GetItemWithError(self._texts, value)
        if found is not NULL:
            return <bytes><object>found
        json = _json(snapshot(value))
        if len(<str>value) <= _LONGEST_HELD:
            if len(self._texts) >= _MOST_SEEN:
                self._texts.clear()
            self._texts[value] = json
        return json

    cdef bytes _secret_of(self, object value):
        """Return the JSON of a plain value that is secret."""
        cdef PyObject *found
        if type(value) is not str or len(<str>value) > _LONGEST_HELD:
            return _json(redactor.scramble(snapshot(value)))
        found = PyDict_GetItemWithError(self._secrets, value)
        if found is not NULL:
            return <bytes><object>found
        json = _json(redactor.scramble(snapshot(value)))
        if len(self._secrets) >= _MOST_SEEN:
            self._secrets.clear()
        self._secrets[value] = json
        return json

    cdef object _name_of(self, object name):
        """Return the JSON of a name with a colon, and whether what goes by it is secret; None for no such name."""
        cdef PyObject *found
        if type(name) is not str or len(<str>name) > _LONGEST_HELD:
            return None
        found = PyDict_GetItemWithError(self._names, name)
        if found is not NULL:
            return <object>found
        try:
            told = orjson.dumps(name) + b":", bool(_secret_names[name])
        except orjson.JSONEncodeError:
            return None
        if len(self._names) >= _MOST_SEEN:
            self._names.clear()
        self._names[name] = told
        return told

    cdef Class _class_of(self, object cls):
        cdef Class known
        cdef int place = (<size_t><void *>cls >> 6) % _NEAR
        cdef PyObject *found = self._near[place]
        if found is not NULL and (<Class>found).cls is cls:
            return <Class>found
        found = PyDict_GetItemWithError(self._classes, PyLong_FromVoidPtr(<void *>cls))
        if found is not NULL:
            self._near[place] = found
            return <Class><object>found
        known = Class.__new__(Class)
        known.cls, known.kind = cls, kind_of(cls)
        form = known.kind.form
        known.is_held = cls in _PLAIN
        known.is_leaf = form in _LEAVES
        known.is_model = form == "model"
        known.is_instance = known.kind.raw is not None and (known.is_model or form == "object")
        if known.is_model:
            label = orjson.dumps(known.kind.label)
            known.head = b'{"$model":{"model":%b,"pk":' % label
        else:
            known.head = b'{"$object":{"type":%b,"attributes":{' % _json(known.kind.name)
        known.names, known.secret = (), {}
        known.read = otel2test_reader(known.kind.raw) if known.is_instance else NULL
        if len(self._classes) >= _MOST_SEEN:
            self._forget()
        self._classes[PyLong_FromVoidPtr(<void *>cls)] = known
        return known

    cdef bint _part(self, Text *text, object value, int depth, int *parts) except -1:
        """Put the JSON of a snapshot; False where that can't be made so."""
        cdef Class known
        cdef PyObject *found
        cdef _Held held
        parts[0] += 1
        if _put_simple(text, value):
            return True
        cls = type(value)
        if cls is str:
            _put_bytes(text, self._text_of(value))
            return True
        if cls is float:
            if not _isfinite(value):
                return False
            _put_bytes(text, orjson.dumps(value))
            return True
        if cls is list or cls is tuple or cls is dict:
            if depth >= _MAX_DEPTH or parts[0] > _MAX_PARTS:
                return False
            if cls is dict:
                if len(<dict>value) > _MAX_ITEMS:
                    return False
                put_one(text, b"{")
                if not self._mapping(text, value, None, depth + 1, parts):
                    return False
                return put_one(text, b"}") == 0
            if cls is list:
                put_one(text, b"[")
                return self._items(text, value, depth + 1, parts) and put_one(text, b"]") == 0
            put(text, '{"$tuple":[', 11)
            return self._items(text, value, depth + 1, parts) and put(text, "]}", 2) == 0
        known = self._class_of(cls)
        if known.is_held:
            found = PyDict_GetItemWithError(self._held, PyLong_FromVoidPtr(<void *>value))
            if found is NULL:
                held = _Held.__new__(_Held)
                held.value, held.json = value, _json(snapshot(value))
                if len(self._held) >= _MOST_SEEN:
                    self._held.clear()
                self._held[PyLong_FromVoidPtr(<void *>value)] = held
            else:
                held = <_Held><object>found
            _put_bytes(text, held.json)
            return True
        if known.is_instance:
            if depth >= _MAX_DEPTH or parts[0] > _MAX_PARTS:
                return False
            return self._whole(text, value, known, depth + 1, parts)
        if known.is_leaf:
            _put_bytes(text, _json(snapshot(value)))
            return True
        return False

    cdef bint _list(self, Text *text, object value, int *parts) except -1:
        """Put the form of a list."""
        put(text, "[null", 5)
        if len(<list>value):
            put_one(text, b",")
        parts[0] += 1
        return self._items(text, value, 1, parts) and put_one(text, b"]") == 0

    cdef bint _items(self, Text *text, object items, int depth, int *parts) except -1:
        cdef bint follows = False
        if len(items) > _MAX_ITEMS:
            return False
        if type(items) is list:
            for item in <list>items:
                if follows:
                    put_one(text, b",")
                follows = True
                if not self._part(text, item, depth, parts):
                    return False
        else:
            for item in <tuple>items:
                if follows:
                    put_one(text, b",")
                follows = True
                if not self._part(text, item, depth, parts):
                    return False
        return True

    cdef bint _mapping(self, Text *text, object found, Class known, int depth, int *parts) except -1:
        """Put names and values of a dict, or of attributes if a class is given."""
        cdef Py_ssize_t position = 0
        cdef Py_ssize_t count = len(<dict>found)
        cdef PyObject *key
        cdef PyObject *item
        cdef bint follows = False
        while PyDict_Next(found, &position, &key, &item):
            name, value = <object>key, <object>item
            told = self._name_of(name)
            if told is None:
                return False
            json = (<tuple>told)[0]
            # Attributes with such names aren't told, and such an only key has a meaning on the wire.
            if known is not None:
                if (<str>name).startswith("__"):
                    return False
            elif count == 1 and (<str>name).startswith("$"):
                return False
            if follows:
                put_one(text, b",")
            follows = True
            _put_bytes(text, json)
            if not self._named(text, (<tuple>told)[1], value, depth, parts):
                return False
        # Another thread may have changed it meanwhile.
        return len(<dict>found) == count and count <= _MAX_ITEMS

    cdef bint _named(self, Text *text, bint is_secret, object value, int depth, int *parts) except -1:
        if not is_secret:
            return self._part(text, value, depth, parts)
        cls = type(value)
        if cls is str or cls is int:
            parts[0] += 1
            _put_bytes(text, self._secret_of(value))
            return True
        return (value is None or cls is bool) and self._part(text, value, depth, parts)

    cdef bint _whole(self, Text *text, object value, Class known, int depth, int *parts) except -1:
        """Put the JSON of an instance."""
        found = _attributes_of(value, known)
        if type(found) is not dict:
            return False
        _put_bytes(text, known.head)
        if known.is_model:
            return self._model(text, found, known, depth, parts)
        return self._mapping(text, found, known, depth, parts) and put(text, "}}}", 3) == 0

    cdef bint _model(self, Text *text, object found, Class known, int depth, int *parts) except -1:
        cdef bint follows = False
        key = known.kind.primary_key
        if key not in found or not self._column(text, known, key, found[key], depth, parts):
            return False
        parts[0] -= 1
        put(text, ',"fields":{', 11)
        for name in <tuple>known.kind.columns:
            if name in <dict>found:
                told = self._name_of(name)
                if told is None:
                    return False
                if follows:
                    put_one(text, b",")
                follows = True
                _put_bytes(text, (<tuple>told)[0])
                if not self._column(text, known, name, (<dict>found)[name], depth, parts):
                    return False
        return put(text, "}}}", 3) == 0

    cdef bint _column(self, Text *text, Class known, object name, object value, int depth, int *parts) except -1:
        cdef PyObject *secret = PyDict_GetItemWithError(known.secret, name)
        if secret is NULL:
            known.secret[name] = bool(redactor.is_secret_field(known.kind.label, name))
            secret = PyDict_GetItemWithError(known.secret, name)
        return self._named(text, <object>secret is True, value, depth, parts)

    cdef bint _shape(self, Text *text, object value, Class known, int *parts) except -1:
        """Put the form of an instance."""
        found = _attributes_of(value, known)
        parts[0] += 1
        if type(found) is not dict:
            return False
        if known.is_model:
            return self._columns(text, found, known, parts)
        if not len(<dict>found):
            return put(text, PyBytes_AS_STRING(known.head), PyBytes_GET_SIZE(known.head)) == 0 and (
                put(text, "}}}", 3) == 0
            )
        if not _has_names(found, known.names) and not (
            self._take_shape(known, "$object", known.kind.name, tuple(<dict>found))
        ):
            return False
        return self._attributes(text, found, known, parts)

    cdef bint _attributes(self, Text *text, object found, Class known, int *parts) except -1:
        """Put the form of an instance whose attributes have the names that are known."""
        cdef Py_ssize_t position = 0
        cdef Py_ssize_t index = 0
        cdef PyObject *key
        cdef PyObject *item
        cdef tuple names = known.names
        cdef Py_ssize_t count = len(names)
        _put_bytes(text, known.opening)
        are_secret = known.are_secret
        while PyDict_Next(found, &position, &key, &item):
            if index >= count or <object>key is not names[index]:
                return False
            value = <object>item
            put_one(text, b",")
            if not self._named(text, (<tuple>are_secret)[index] is True, value, 1, parts):
                return False
            index += 1
        return index == count and put_one(text, b"]") == 0

    cdef bint _columns(self, Text *text, object found, Class known, int *parts) except -1:
        """Put the form of an instance of a model."""
        cdef tuple loaded = tuple([name for name in <tuple>known.kind.columns if name in <dict>found])
        key = known.kind.primary_key
        if key not in loaded:
            return False
        if loaded != known.names and not self._take_shape(known, "$model", known.kind.label, loaded):
            return False
        _put_bytes(text, known.opening)
        for name in (key, *loaded):
            put_one(text, b",")
            if not self._column(text, known, name, (<dict>found)[name], 1, parts):
                return False
        return put_one(text, b"]") == 0

    cdef bint _take_shape(self, Class known, str tag, object name, tuple names) except -1:
        """Expect instances to have these names from now on; False if there can't be such a shape."""
        if not names or len(names) > _MAX_ITEMS:
            return False
        secret = []
        for attribute in names:
            told = self._name_of(attribute)
            if told is None or (<str>attribute).startswith("__"):
                return False
            secret.append(told[1])
        known.are_secret = tuple(secret)
        known.opening = b"[%d" % self._number((tag, name, *names))
        known.names = names
        return True


cdef object _attributes_of(object value, Class known):
    return known.kind.raw(value) if known.read is NULL else known.read(value, NULL)


cdef bint _has_names(object found, tuple names) except -1:
    """Return whether the keys of a dict are these very objects."""
    cdef Py_ssize_t position = 0
    cdef Py_ssize_t index = 0
    cdef PyObject *key
    cdef PyObject *item
    if len(<dict>found) != len(names) or not len(names):
        return False
    while PyDict_Next(found, &position, &key, &item):
        if index >= len(names) or key is not <PyObject *>names[index]:
            return False
        index += 1
    return True


cdef bint _put_simple(Text *text, object value) except -1:
    """Put a value that stands for itself and is no secret; False for any other."""
    cdef int overflow = 0
    cdef long long number
    cls = type(value)
    if cls is int:
        number = PyLong_AsLongLongAndOverflow(value, &overflow)
        return not overflow and put_number(text, number) == 0
    if cls is str:
        return len(<str>value) < _SHORTEST and is_plain(value) and put_plain(text, value) == 0
    if value is None:
        return put(text, "null", 4) == 0
    if cls is bool:
        return (put(text, "true", 4) if value is True else put(text, "false", 5)) == 0
    return False


cdef int _put_bytes(Text *text, bytes json) except -1:
    return put(text, PyBytes_AS_STRING(json), PyBytes_GET_SIZE(json))


cdef bytes _json(object wire):
    try:
        return orjson.dumps(wire)
    except orjson.JSONEncodeError:
        return dump(wire)
