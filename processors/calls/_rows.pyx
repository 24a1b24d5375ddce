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
        self._highest = self._parent = -1
        self._span = self._start = 0

    def __dealloc__(self):
        drop(&self._text)

    cpdef long long number(self):
        self._count += 1
        return self._count - 1

    cpdef add(self, (long long, long, long long, long, long long, long long) numbers, object arguments,
              object kept, object result, long yielded):
        cdef bytes first = _forms(arguments)
        cdef bytes second = _forms(kept)
        cdef bytes third = _json(result)
        cdef Text *text = &self._text
        cdef Py_ssize_t before = text.used
        cdef long long number = numbers[0]
        cdef long long parent = numbers[2]
        cdef long long begun = numbers[4] // 1000
        cdef long long later, off
        cdef bint closes, is_elsewhere
        cdef char *to
        # From here on nothing but C runs: other threads add rows, too.
        reserve(text, _NUMBERS + PyBytes_GET_SIZE(first) + PyBytes_GET_SIZE(second) + PyBytes_GET_SIZE(third))
        later = begun - self._start
        closes = later < 0 or (later == 0 and number == self._parent)
        off = number - (self._parent if closes else self._highest + 1)
        is_elsewhere = numbers[3] != self._span
        to = text.data + before
        if before:
            to = _put_character(to, b",")
        to = _put_digits(_put_character(to, b"["), numbers[1])
        to = _put_digits(_put_character(to, b","), later - 1 if closes else later)
        to = _put_digits(_put_character(to, b","), -((-numbers[4] - numbers[5]) // 1000) - begun)
        to = _put_json(to, first)
        to = _put_json(to, second)
        to = _put_json(to, third)
        if yielded >= 0:
            to = _put_digits(_put_character(to, b","), yielded)
        if is_elsewhere or parent != (number - 1 if closes or off else self._parent):
            to = _put_digits(_put_character(to, b","), off)
            to = _put_digits(_put_character(to, b","), number - parent if parent >= 0 else 0)
            if is_elsewhere:
                to = _put_digits(_put_character(to, b","), numbers[3])
        elif off:
            to = _put_digits(_put_character(to, b","), off)
        to = _put_character(to, b"]")
        if number > self._highest:
            self._highest = number
        self._parent, self._span, self._start = parent, numbers[3], begun
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
    """Put values with a comma before, if there are any."""
    cdef Py_ssize_t length = PyBytes_GET_SIZE(json)
    if not length:
        return to
    to[0] = b","
    memcpy(to + 1, PyBytes_AS_STRING(json), length)
    return to + 1 + length


cdef bytes _json(object form):
    """Return a form as JSON, which it may be already."""
    if type(form) is bytes:
        return form
    try:
        return orjson.dumps(form)
    except orjson.JSONEncodeError:
        return dump(form)


cdef bytes _forms(object forms):
    """Return forms as JSON with commas between them, which they may be already."""
    if type(forms) is bytes:
        return forms
    return _json(forms)[1:-1]
