"""The JSON of snapshots, in one walk through a value; for what exists in C only.

What can't be met in such a walk (what is not plain, too large or too deep, what has to be asked how it is
read) makes it end, and the whole is taken as any other snapshot.
"""

# Other threads may run wherever Python is called: nothing but a form that is finished is kept by ``self``.

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.datetime cimport datetime, import_datetime
from cpython.object cimport PyObject, PyObject_Hash

from otel2test.processors.calls._text cimport (
    Text, begin, drop, is_plain, put, put_one, put_padded, put_plain, put_simple
)
from otel2test.processors.kinds cimport Kind, kind_of
from otel2test.processors.snapshots cimport snapshot

import math
from datetime import UTC as _utc

import orjson

from otel2test.processors import kinds
from otel2test.processors.calls.seen import LONGEST_HELD, MOST_SEEN
from otel2test.processors.otlp import dump
from otel2test.processors.redaction import redactor
from otel2test.processors.snapshots import MAX_DEPTH, MAX_ITEMS, MAX_PARTS
from otel2test.secrets.shapes import SHORTEST
from otel2test.values import TAGGED_TEXTS, encode

cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(object found, object key) except? NULL
    int PyDict_Next(object found, Py_ssize_t *position, PyObject **key, PyObject **value)
    object PyLong_FromVoidPtr(void *address)

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

import_datetime()

cdef object _UTC = _utc
cdef dict _known = vars(redactor.known)
cdef object _secret_names = redactor.secret_names
cdef dict _TAGS = kinds.PLAIN_TAGS
cdef frozenset _LEAVES = frozenset({"lazy", "reference", "scalar"})
cdef Py_ssize_t _SHORTEST = SHORTEST
cdef int _MAX_DEPTH = MAX_DEPTH
cdef Py_ssize_t _MAX_ITEMS = MAX_ITEMS
cdef int _MAX_PARTS = MAX_PARTS
cdef Py_ssize_t _LONGEST_HELD = LONGEST_HELD
cdef Py_ssize_t _MOST_SEEN = MOST_SEEN
cdef object _isfinite = math.isfinite


@cython.final
cdef class Name:
    pass


@cython.final
@cython.no_gc  # the values are plain, and refer to nothing of ours
cdef class Held:
    pass


@cython.final
@cython.no_gc  # no class refers to what is known of it
cdef class Class:
    pass


cdef class Parts:
    cdef _forget(self):
        cdef int place
        self._moment = _known["first_met"]
        for place in range(_NEAR):
            self._near[place] = NULL
        self._texts = {}
        self._secrets = {}
        self._clean, self._recognisable = redactor.clean, redactor.recognisable
        self._held = [None] * _HELD
        self._names = {}
        self._classes = {}

    cdef int _be_current(self) except -1:
        """Forget what may have a secret in it, that has become one since."""
        if PyDict_GetItemWithError(_known, "first_met") != <PyObject *>self._moment:
            self._forget()
        return 0

    cdef int _put_text(self, Text *text, object value) except -1:
        """Put a text's JSON."""
        cdef PyObject *found
        cdef bytes json
        cdef Py_hash_t mark
        if is_plain(value):
            mark = PyObject_Hash(value)
            # What redact_text() does first; it is called for each text that is met for the first time.
            if self._clean.has(mark) and not self._recognisable.has(mark):
                return put_plain(text, value)
        found = PyDict_GetItemWithError(self._texts, value)
        if found is not NULL:
            return put_bytes(text, <bytes><object>found)
        json = json_of(snapshot(value))
        if len(<str>value) <= _LONGEST_HELD:
            if len(self._texts) >= _MOST_SEEN:
                self._texts.clear()
            self._texts[value] = json
        return put_bytes(text, json)

    cdef bytes _secret_of(self, object value):
        """Return the JSON of a plain value that is secret."""
        cdef PyObject *found
        if type(value) is not str or len(<str>value) > _LONGEST_HELD:
            return json_of(redactor.scramble(snapshot(value)))
        found = PyDict_GetItemWithError(self._secrets, value)
        if found is not NULL:
            return <bytes><object>found
        json = json_of(redactor.scramble(snapshot(value)))
        if len(self._secrets) >= _MOST_SEEN:
            self._secrets.clear()
        self._secrets[value] = json
        return json

    cdef Name _name_of(self, object name):
        """Return what is known of a name; None for what is none."""
        cdef PyObject *found
        cdef Name told
        if type(name) is not str or len(<str>name) > _LONGEST_HELD:
            return None
        found = PyDict_GetItemWithError(self._names, name)
        if found is not NULL:
            return <Name><object>found
        told = Name.__new__(Name)
        try:
            told.json = orjson.dumps(name) + b":"
        except orjson.JSONEncodeError:
            return None
        told.is_secret = _secret_names[name]
        told.is_dunder, told.is_tag = name.startswith("__"), name.startswith("$")
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
        known.tag = _TAGS.get(cls)
        if known.tag is not None:
            known.tag_json = b'{"%b":' % known.tag.encode()
            known.text_of = TAGGED_TEXTS[cls][1] if cls in TAGGED_TEXTS else None
        known.is_leaf = form in _LEAVES
        known.is_model = form == "model"
        known.is_instance = known.kind.raw is not None and (known.is_model or form == "object")
        if known.is_model:
            label = orjson.dumps(known.kind.label)
            known.head = b'{"$model":{"model":%b,"pk":' % label
        else:
            known.head = b'{"$object":{"type":%b,"attributes":{' % json_of(known.kind.name)
        known.names, known.tags, known.are_secret, known.secret = (), (), (), {}
        known.read = otel2test_reader(known.kind.raw) if known.is_instance else NULL
        if len(self._classes) >= _MOST_SEEN:
            self._forget()
        self._classes[PyLong_FromVoidPtr(<void *>cls)] = known
        return known

    cdef int _put_payload(self, Text *text, object value, Class known) except -1:
        """Put what stands behind the tag of a value of a plain class."""
        cdef Py_ssize_t place = (<size_t><void *>value >> 4) % _HELD
        cdef Held held
        found = self._held[place]
        if found is not None and (<Held>found).value is value:
            return put_bytes(text, (<Held>found).payload)
        held = Held.__new__(Held)
        held.value, held.payload = value, payload_of(value, known)
        self._held[place] = held
        return put_bytes(text, held.payload)

    cdef int _put_tagged(self, Text *text, object value, Class known) except -1:
        """Put a value of a plain class."""
        put_bytes(text, known.tag_json)
        self._put_payload(text, value, known)
        return put_one(text, b"}")

    cdef bint _part(self, Text *text, object value, int depth, int *parts) except -1:
        """Put the JSON of a snapshot; False where that can't be made so."""
        cdef Class known
        parts[0] += 1
        if put_simple(text, value, _SHORTEST):
            return True
        cls = type(value)
        if cls is str:
            return self._put_text(text, value) == 0
        if cls is float:
            if not _isfinite(value):
                return False
            put_bytes(text, orjson.dumps(value))
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
        if known.tag is not None:
            return self._put_tagged(text, value, known) == 0
        if known.is_instance:
            if depth >= _MAX_DEPTH or parts[0] > _MAX_PARTS:
                return False
            return self._whole(text, value, known, depth + 1, parts)
        if known.is_leaf:
            put_bytes(text, json_of(snapshot(value)))
            return True
        return False

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
        cdef Name told
        while PyDict_Next(found, &position, &key, &item):
            name, value = <object>key, <object>item
            told = self._name_of(name)
            if told is None:
                return False
            # Attributes with such names aren't told, and such an only key has a meaning on the wire.
            if told.is_dunder if known is not None else count == 1 and told.is_tag:
                return False
            if follows:
                put_one(text, b",")
            follows = True
            put_bytes(text, told.json)
            if not self._named(text, told.is_secret, value, depth, parts):
                return False
        # Another thread may have changed it meanwhile.
        return len(<dict>found) == count and count <= _MAX_ITEMS

    cdef bint _named(self, Text *text, bint is_secret, object value, int depth, int *parts) except -1:
        if not is_secret:
            return self._part(text, value, depth, parts)
        cls = type(value)
        if cls is str or cls is int:
            parts[0] += 1
            put_bytes(text, self._secret_of(value))
            return True
        return (value is None or cls is bool) and self._part(text, value, depth, parts)

    cdef bint _whole(self, Text *text, object value, Class known, int depth, int *parts) except -1:
        """Put the JSON of an instance."""
        found = attributes_of(value, known)
        if type(found) is not dict:
            return False
        put_bytes(text, known.head)
        if known.is_model:
            return self._model(text, found, known, depth, parts)
        return self._mapping(text, found, known, depth, parts) and put(text, "}}}", 3) == 0

    cdef bint _model(self, Text *text, object found, Class known, int depth, int *parts) except -1:
        cdef bint follows = False
        cdef Name told
        key = known.kind.primary_key
        if key not in found:
            return False
        if not self._named(text, self._is_secret_column(known, key), found[key], depth, parts):
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
                put_bytes(text, told.json)
                if not self._named(text, self._is_secret_column(known, name), (<dict>found)[name], depth, parts):
                    return False
        return put(text, "}}}", 3) == 0

    cdef bint _is_secret_column(self, Class known, object name) except -1:
        cdef PyObject *secret = PyDict_GetItemWithError(known.secret, name)
        if secret is NULL:
            known.secret[name] = bool(redactor.is_secret_field(known.kind.label, name))
            secret = PyDict_GetItemWithError(known.secret, name)
        return <object>secret is True


cdef bytes payload_of(object value, Class known):
    """Return what stands behind the tag of a value of a plain class, as JSON."""
    cdef Text text
    if known.text_of is None:
        return json_of(encode(value)[known.tag])
    begin(&text)
    try:
        if type(value) is datetime and ((<datetime>value).tzinfo is None or (<datetime>value).tzinfo is _UTC):
            _put_moment(&text, value)
        else:
            put_plain(&text, known.text_of(value))
        return PyBytes_FromStringAndSize(text.data, text.used)
    finally:
        drop(&text)


cdef int _put_moment(Text *text, datetime moment) except -1:
    """Put what ``isoformat()`` returns, which takes many times as long."""
    put_one(text, b'"')
    put_padded(text, moment.year, 4)
    _put_part(text, b"-", moment.month)
    _put_part(text, b"-", moment.day)
    _put_part(text, b"T", moment.hour)
    _put_part(text, b":", moment.minute)
    _put_part(text, b":", moment.second)
    if moment.microsecond:
        put_one(text, b".")
        put_padded(text, moment.microsecond, 6)
    if moment.tzinfo is not None:
        put(text, "+00:00", 6)
    return put_one(text, b'"')


cdef int _put_part(Text *text, char separator, int number) except -1:
    put_one(text, separator)
    return put_padded(text, number, 2)


cdef object attributes_of(object value, Class known):
    return known.kind.raw(value) if known.read is NULL else known.read(value, NULL)


cdef bytes json_of(object wire):
    try:
        return orjson.dumps(wire)
    except orjson.JSONEncodeError:
        return dump(wire)


cdef int put_bytes(Text *text, bytes json) except -1:
    return put(text, PyBytes_AS_STRING(json), PyBytes_GET_SIZE(json))
