"""What C has faster than Python; :mod:`otel2test.processors.calls.rows` says what it is."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE

from libc.string cimport memcpy

from otel2test.processors.calls._text cimport Text, begin, digits, drop, reserve

import orjson

from otel2test.processors.otlp import dump

cdef Py_ssize_t _CHUNK = 64 * 1024
cdef Py_ssize_t _NUMBERS = 7 * 21 + 32
"""Bytes of a row that are not values, at most."""


@cython.final
cdef class Rows:
    def __cinit__(self):
        begin(&self._text)

    def __init__(self):
        self.size = 0
        self._encoded = []
        self._count = 0

    def __dealloc__(self):
        drop(&self._text)

    cpdef long long number(self):
        self._count += 1
        return self._count - 1

    cpdef add(self, (long long, long, long long, long, long long, long long) head, object arguments,
              object kept, int outcome, object value, long yielded):
        cdef bytes first = b"[]" if arguments is None else _json(arguments)
        cdef bytes second = b"[]" if kept is None else _json(kept)
        cdef bytes third = _json(value)
        cdef Text *text = &self._text
        cdef Py_ssize_t before = text.used
        cdef char *to
        # From here on nothing but C runs: other threads add rows, too.
        reserve(text, _NUMBERS + PyBytes_GET_SIZE(first) + PyBytes_GET_SIZE(second) + PyBytes_GET_SIZE(third))
        to = text.data + before
        if before:
            to = _put_character(to, b",")
        to = _put_digits(_put_character(to, b"["), head[0])
        to = _put_digits(_put_character(to, b","), head[1])
        to = _put_character(to, b",")
        if head[2] < 0:
            memcpy(to, "null", 4)
            to += 4
        else:
            to = _put_digits(to, head[2])
        to = _put_digits(_put_character(to, b","), head[3])
        to = _put_digits(_put_character(to, b","), head[4])
        to = _put_digits(_put_character(to, b","), head[5])
        to = _put_json(_put_character(to, b","), first)
        to = _put_json(_put_character(to, b","), second)
        to = _put_digits(_put_character(to, b","), outcome)
        to = _put_json(_put_character(to, b","), third)
        if yielded >= 0:
            to = _put_digits(_put_character(to, b","), yielded)
        to = _put_character(to, b"]")
        text.used = to - text.data
        self.size += text.used - before
        if text.used >= _CHUNK:
            self._encoded.append(PyBytes_FromStringAndSize(text.data, text.used))
            text.used = 0

    cpdef bytes take(self):
        encoded, self._encoded = self._encoded, []
        if self._text.used:
            encoded.append(PyBytes_FromStringAndSize(self._text.data, self._text.used))
            self._text.used = 0
        return b",".join(encoded)


cdef inline char *_put_character(char *to, char character) noexcept:
    to[0] = character
    return to + 1


cdef inline char *_put_digits(char *to, long long number) noexcept:
    return to + digits(to, number)


cdef inline char *_put_json(char *to, bytes json) noexcept:
    memcpy(to, PyBytes_AS_STRING(json), PyBytes_GET_SIZE(json))
    return to + PyBytes_GET_SIZE(json)


cdef bytes _json(object form):
    """Return a form as JSON, which it may be already."""
    if type(form) is bytes:
        return form
    try:
        return orjson.dumps(form)
    except orjson.JSONEncodeError:
        return dump(form)
