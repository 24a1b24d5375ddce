"""What C has faster than Python; :mod:`otel2test.processors.cells` says what it is."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject, PyObject_Hash
from cpython.long cimport PyLong_AsLongLongAndOverflow
from libc.string cimport memchr, memcmp, memset

from otel2test.processors._hashes cimport Hashes

cdef extern from *:
    """
    static int otel2test_is_ascii_text(PyObject *text) {
        return PyUnicode_IS_ASCII(text);
    }
    """
    bint otel2test_is_ascii_text(object text)

cdef enum:
    _VALUE_BYTES = 16


def weight_of(rows, unchanging, longest, Py_ssize_t most):
    cdef Py_ssize_t size = 0
    cdef Py_ssize_t length
    cdef Py_ssize_t longest_length = 0
    cdef bint has_texts = False
    for row in rows:
        if type(row) is not tuple:
            return None
        for cell in <tuple>row:
            kind = type(cell)
            size += _VALUE_BYTES
            if kind is str:
                length = len(<str>cell)
            elif kind is bytes:
                length = len(<bytes>cell)
            elif kind is int or cell is None or kind in unchanging:
                continue
            else:
                return None
            has_texts = True
            size += length
            if length > longest_length:
                longest_length = length
    if has_texts and (size > most or (longest is not None and longest_length > longest)):
        return None
    return size


def different_texts(tuple cells, set secrets, Hashes clean, Hashes recognisable):
    cdef dict places = {}
    cdef list texts = []
    cdef list at = []
    cdef bint is_clean = True
    cdef PyObject *known
    cdef Py_hash_t mark
    for cell in cells:
        known = PyDict_GetItem(places, cell)
        if known is not NULL:
            at.append(<object>known)
            continue
        place = len(texts)
        places[cell] = place
        at.append(place)
        texts.append(cell)
        if is_clean and cell is not None:
            mark = PyObject_Hash(cell)
            is_clean = (
                otel2test_is_ascii_text(cell)
                and clean.has(mark)
                and not recognisable.has(mark)
                and cell not in secrets
            )
    return texts, at, is_clean


def places_of(bytes data, tuple beginnings):
    cdef const unsigned char *begin = <const unsigned char *>PyBytes_AS_STRING(data)
    cdef const unsigned char *at = begin
    cdef const unsigned char *end = begin + PyBytes_GET_SIZE(data)
    cdef bint begins[256]
    cdef list places = []
    cdef Py_ssize_t length
    memset(begins, 0, sizeof(begins))
    for each in beginnings:
        begins[<unsigned char>(<bytes>each)[0]] = True
    while True:
        at = <const unsigned char *>memchr(at, b'"', end - at)
        if at is NULL or end - at < 2:
            return places
        if begins[at[1]]:
            for each in beginnings:
                length = PyBytes_GET_SIZE(<bytes>each)
                if end - at > length and memcmp(at + 1, PyBytes_AS_STRING(<bytes>each), length) == 0:
                    places.append(at - begin)
                    break
        at += 1


def kinds_of(tuple cells):
    cdef PyObject *last = NULL
    cdef PyObject *before = NULL
    cdef set kinds = set()
    for cell in cells:
        kind = type(cell)
        if <PyObject *>kind is not last and <PyObject *>kind is not before:
            kinds.add(kind)
            before = last
            last = <PyObject *>kind
    return kinds


def fit_64_bits(cells):
    cdef int overflow = 0
    for cell in cells:
        PyLong_AsLongLongAndOverflow(cell, &overflow)
        if overflow:
            return False
    return True
