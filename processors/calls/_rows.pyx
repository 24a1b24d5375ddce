"""What C has faster than Python; :mod:`otel2test.processors.calls.rows` says what it is."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_RawFree, PyMem_RawRealloc
from libc.string cimport memcpy

import orjson

from otel2test.processors.otlp import dump

cdef extern from *:
    """
    /* Whether a text stands in JSON as it is: ASCII without quotes, backslashes and control characters. */
    static int otel2test_plain(PyObject *text) {
        if (!PyUnicode_IS_COMPACT_ASCII(text)) {
            return 0;
        }
        const unsigned char *at = PyUnicode_1BYTE_DATA(text);
        const unsigned char *end = at + PyUnicode_GET_LENGTH(text);
        for (; at < end; at++) {
            if (*at < 32 || *at == '"' || *at == '\\\\') {
                return 0;
            }
        }
        return 1;
    }
    """
    int otel2test_plain(object text)

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL
    long long PyLong_AsLongLongAndOverflow(object number, int *overflow) except? -1

cdef Py_ssize_t _CHUNK = 64 * 1024


@cython.final
cdef class Rows:
    def __cinit__(self):
        self._data = NULL
        self._used = 0
        self._room = 0

    def __init__(self):
        self.size = 0
        self._encoded = []

    def __dealloc__(self):
        PyMem_RawFree(self._data)

    cpdef add(self, (long long, long, long long, long, long long, long long) head, list arguments,
              list kept, int outcome, object value, long yielded):
        cdef Py_ssize_t before
        _encode(arguments)
        _encode(kept)
        if not _stands(value):
            value = _encoded(value)
        # From here on nothing but C runs: other threads add rows, too.
        before = self._used
        try:
            if before:
                self._put(",[", 2)
            else:
                self._put("[", 1)
            self._number(head[0])
            self._put(",", 1)
            self._number(head[1])
            if head[2] < 0:
                self._put(",null,", 6)
            else:
                self._put(",", 1)
                self._number(head[2])
                self._put(",", 1)
            self._number(head[3])
            self._put(",", 1)
            self._number(head[4])
            self._put(",", 1)
            self._number(head[5])
            self._put(",", 1)
            self._wires(arguments)
            self._put(",", 1)
            self._wires(kept)
            self._put(",", 1)
            self._number(outcome)
            self._put(",", 1)
            self._wire(value)
            if yielded >= 0:
                self._put(",", 1)
                self._number(yielded)
            self._put("]", 1)
        except BaseException:
            self._used = before  # there is no memory left: a row is whole, or isn't there
            raise
        self.size += self._used - before
        if self._used >= _CHUNK:
            self._encoded.append(PyBytes_FromStringAndSize(self._data, self._used))
            self._used = 0

    cpdef bytes take(self):
        encoded, self._encoded = self._encoded, []
        if self._used:
            encoded.append(PyBytes_FromStringAndSize(self._data, self._used))
            self._used = 0
        return b",".join(encoded)

    cdef int _wires(self, list forms) except -1:
        cdef bint follows = False
        if forms is None:
            return self._put("[]", 2)
        self._put("[", 1)
        for form in forms:
            if follows:
                self._put(",", 1)
            follows = True
            self._wire(form)
        return self._put("]", 1)

    cdef int _wire(self, object form) except -1:
        """Put a form that stands, or is encoded already."""
        cdef Py_ssize_t length
        cdef const char *text
        cdef int overflow = 0
        cls = type(form)
        if cls is int:
            return self._number(PyLong_AsLongLongAndOverflow(form, &overflow))
        if cls is str:
            text = PyUnicode_AsUTF8AndSize(form, &length)
            self._put('"', 1)
            self._put(text, length)
            return self._put('"', 1)
        if cls is list:
            if not len(<list>form):
                return self._put("[]", 2)
            self._put("[", 1)
            self._wire((<list>form)[0])
            return self._put("]", 1)
        if form is None:
            return self._put("null", 4)
        if cls is bool:
            return self._put("true", 4) if form is True else self._put("false", 5)
        return self._put(PyBytes_AS_STRING(form), PyBytes_GET_SIZE(form))

    cdef int _number(self, long long number) except -1:
        cdef char digits[20]
        cdef int at = 20
        # Of the least there is no positive.
        cdef unsigned long long rest = <unsigned long long>number if number >= 0 else 0 - <unsigned long long>number
        while True:
            at -= 1
            digits[at] = <char>(48 + rest % 10)
            rest //= 10
            if not rest:
                break
        if number < 0:
            self._put("-", 1)
        return self._put(&digits[at], 20 - at)

    cdef int _put(self, const char *text, Py_ssize_t length) except -1:
        if self._used + length > self._room:
            self._reserve(length)
        memcpy(self._data + self._used, text, length)
        self._used += length
        return 0

    cdef int _reserve(self, Py_ssize_t length) except -1:
        cdef Py_ssize_t room = max(2 * self._room, self._used + length + 4096)
        cdef void *moved = PyMem_RawRealloc(self._data, room)
        if moved is NULL:
            raise MemoryError
        self._data = <char *>moved
        self._room = room
        return 0


cdef bint _stands(object form) except -1:
    """Return whether a form can be put without the help of others."""
    cdef int overflow = 0
    cls = type(form)
    if cls is int:
        PyLong_AsLongLongAndOverflow(form, &overflow)
        return not overflow
    if cls is str:
        return otel2test_plain(form)
    if cls is list:
        if not len(<list>form):
            return True
        return len(<list>form) == 1 and type((<list>form)[0]) is int and _stands((<list>form)[0])
    return form is None or cls is bool


cdef bytes _encoded(object form):
    try:
        return orjson.dumps(form)
    except orjson.JSONEncodeError:
        return dump(form)


cdef int _encode(list forms) except -1:
    """Put bytes in the place of all forms that don't stand."""
    cdef Py_ssize_t index
    if forms is not None:
        for index in range(len(forms)):
            form = forms[index]
            if not _stands(form):
                forms[index] = _encoded(form)
    return 0
