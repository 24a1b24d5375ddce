"""Bytes of JSON while they are being written; for what exists in C only."""

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    bint PyLong_CheckExact(object value)
    bint PyUnicode_CheckExact(object value)
    Py_ssize_t PyUnicode_GET_LENGTH(object value)

cdef extern from *:
    """
    #define OTEL2TEST_SMALL 1024
    typedef struct {
        char *data;
        Py_ssize_t used;
        Py_ssize_t room;
        char small[OTEL2TEST_SMALL];
    } otel2test_text;

    /* Whether a text stands in JSON as it is: ASCII without quotes, backslashes and control characters. */
    static inline int otel2test_plain(PyObject *text) {
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
    /* The characters of a text that is plain. */
    static inline const char *otel2test_ascii(PyObject *text) {
        return (const char *)PyUnicode_1BYTE_DATA(text);
    }
    /* Whether a number is an int of 64 bits, which is put where it belongs. */
    static inline int otel2test_integer(PyObject *value, long long *number) {
        int overflow;
    #if PY_VERSION_HEX >= 0x030C0000
        if (PyUnstable_Long_IsCompact((PyLongObject *)value)) {
            *number = PyUnstable_Long_CompactValue((PyLongObject *)value);
            return 1;
        }
    #endif
        *number = PyLong_AsLongLongAndOverflow(value, &overflow);
        return !overflow;
    }
    /* Writes the digits of a number, of which there may be 20, and returns how many they are. */
    static inline Py_ssize_t otel2test_digits(char *to, long long number) {
        char digits[20];
        int at = 20;
        if (number >= 0 && number < 10) {
            *to = (char)('0' + number);
            return 1;
        }
        Py_ssize_t length;
        /* Of the least there is no positive. */
        unsigned long long rest = number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
        do {
            digits[--at] = (char)('0' + rest % 10);
            rest /= 10;
        } while (rest);
        if (number < 0) {
            digits[--at] = '-';
        }
        length = 20 - at;
        memcpy(to, digits + at, length);
        return length;
    }
    """
    ctypedef struct Text "otel2test_text":
        char *data
        Py_ssize_t used
        Py_ssize_t room
        char *small
    enum:
        SMALL "OTEL2TEST_SMALL"
    bint is_plain "otel2test_plain"(object text)
    const char *ascii_of "otel2test_ascii"(object text)
    bint integer "otel2test_integer"(object value, long long *number)
    Py_ssize_t digits "otel2test_digits"(char *to, long long number)


cdef inline void begin(Text *text) noexcept:
    text.data = text.small
    text.used = 0
    text.room = SMALL


cdef inline void drop(Text *text) noexcept:
    if text.data != text.small:
        PyMem_RawFree(text.data)
        text.data = text.small


cdef inline int reserve(Text *text, Py_ssize_t length) except -1:
    """Make room for so many bytes more."""
    cdef Py_ssize_t room
    cdef char *moved
    if text.used + length <= text.room:
        return 0
    room = max(2 * text.room, text.used + length + 1024)
    if text.data == text.small:
        moved = <char *>PyMem_RawMalloc(room)
        if moved is not NULL:
            memcpy(moved, text.data, text.used)
    else:
        moved = <char *>PyMem_RawRealloc(text.data, room)
    if moved is NULL:
        raise MemoryError
    text.data = moved
    text.room = room
    return 0


cdef inline int put(Text *text, const char *data, Py_ssize_t length) except -1:
    if text.used + length > text.room:
        reserve(text, length)
    memcpy(text.data + text.used, data, length)
    text.used += length
    return 0


cdef inline int put_one(Text *text, char character) except -1:
    if text.used + 1 > text.room:
        reserve(text, 1)
    text.data[text.used] = character
    text.used += 1
    return 0


cdef inline int put_number(Text *text, long long number) except -1:
    if text.used + 20 > text.room:
        reserve(text, 20)
    text.used += digits(text.data + text.used, number)
    return 0


cdef inline int put_padded(Text *text, int number, Py_ssize_t length) except -1:
    """Put a number that isn't negative, with zeros before it."""
    cdef Py_ssize_t place = text.used + length
    if place > text.room:
        reserve(text, length)
    text.used = place
    while length:
        place -= 1
        length -= 1
        text.data[place] = 48 + number % 10
        number //= 10
    return 0


cdef inline int put_plain(Text *text, object characters) except -1:
    """Put a text that is plain, in quotes."""
    cdef Py_ssize_t length = len(<str>characters)
    if text.used + length + 2 > text.room:
        reserve(text, length + 2)
    text.data[text.used] = 34
    memcpy(text.data + text.used + 1, ascii_of(characters), length)
    text.data[text.used + length + 1] = 34
    text.used += length + 2
    return 0


cdef inline bint put_simple(Text *text, object value, Py_ssize_t shortest) except -1:
    """Put a value that stands for itself and, if a text, is shorter than secrets are; False for any other."""
    cdef long long number
    if PyLong_CheckExact(value):
        return integer(value, &number) and put_number(text, number) == 0
    if PyUnicode_CheckExact(value):
        return PyUnicode_GET_LENGTH(value) < shortest and is_plain(value) and put_plain(text, value) == 0
    if value is None:
        return put(text, "null", 4) == 0
    if value is True:
        return put(text, "true", 4) == 0
    return value is False and put(text, "false", 5) == 0
