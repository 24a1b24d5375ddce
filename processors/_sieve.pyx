"""What C has faster than Python; :mod:`otel2test.processors.sieve` says what it is.

Each condition is what some kind of secret of :mod:`otel2test.secrets.shapes` needs at least. Other letters
than those of ASCII are not judged here.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

cdef extern from *:
    """
    static int otel2test_is_ascii(PyObject *text) {
        return PyUnicode_IS_COMPACT_ASCII(text);
    }
    static const unsigned char *otel2test_characters(PyObject *text) {
        return PyUnicode_1BYTE_DATA(text);
    }
    """
    bint otel2test_is_ascii(object text)
    const unsigned char *otel2test_characters(object text)

cdef enum:
    _IN_KEYS = 1
    _DIGIT = 2
    _UPPER = 4
    _BETWEEN_DIGITS = 8
    _TELLING = 16  # part of something else than a key or a number
    # Of characters of keys; all kinds have more in a row, after what a colon or a question mark may part.
    _LONGEST_RUN = 15
    _MOST_DIGITS = 13

cdef unsigned char _CLASSES[256]
cdef unsigned char _LOWER[256]
cdef tuple _SCHEMES = ("bearer", "basic")


def _configure():
    from otel2test.secrets.services import KEY_CHARACTERS

    for byte in range(256):
        _CLASSES[byte] = (
            (_IN_KEYS if byte in KEY_CHARACTERS and byte not in b":?&;" else 0)
            | (_DIGIT if 48 <= byte <= 57 else 0)
            | (_UPPER if 65 <= byte <= 90 else 0)
            | (_BETWEEN_DIGITS if byte in b" -" else 0)
            | (_TELLING if byte in b"$@+=<:-" else 0)
        )
        _LOWER[byte] = byte + 32 if 65 <= byte <= 90 else byte


_configure()


@cython.final
cdef class Sieve:
    def __init__(self, shapes):
        cdef unsigned int begin, third
        self._emails, self._phones = shapes.emails, shapes.phones
        stems = [stem.lower() for stem in shapes.names.stems]
        self._is_blind = bool(shapes.patterns) or any(len(stem) < 2 for stem in stems)
        for begin in range(4096):
            self._begins[begin] = 0
        # What isn't of ASCII doesn't stand in a text of ASCII.
        told = [(b"p", stem) for stem in stems] + [(b"s", scheme) for scheme in _SCHEMES]
        self._stems = b"".join([
            kind + bytes([min(len(stem), 255)]) + stem.encode()[:255] for kind, stem in told if stem.isascii()
        ])
        for _, stem in told:
            if stem.isascii() and len(stem) >= 2:
                for third in (ord(stem[2]) & 31,) if len(stem) > 2 else range(32):
                    begin = (ord(stem[0]) & 31) << 10 | (ord(stem[1]) & 31) << 5 | third
                    self._begins[begin >> 3] |= 1 << (begin & 7)

    cpdef bint is_clean(self, object text) except -1:
        cdef const unsigned char *begin
        cdef const unsigned char *at
        cdef const unsigned char *end
        cdef Py_ssize_t run = 0
        cdef Py_ssize_t digits = 0
        cdef bint in_pairs = False
        cdef unsigned char character
        cdef unsigned char kind
        if self._is_blind or type(text) is not str or not otel2test_is_ascii(text):
            return False
        begin = at = otel2test_characters(text)
        end = at + len(<str>text)
        while at < end:
            kind = _CLASSES[at[0]]
            if kind == _IN_KEYS:  # as of most, which are small letters
                digits = 0
                run += 1
                if run > _LONGEST_RUN:
                    return False
                at += 1
                continue
            if kind & _IN_KEYS:
                run += 1
                if run > _LONGEST_RUN:
                    return False
            else:
                run = 0
            if kind & _DIGIT:
                digits += 1
                if digits > _MOST_DIGITS:
                    return False
                if at - begin >= 3 and _CLASSES[at[-1]] & _DIGIT and _CLASSES[at[-2]] & _UPPER and (
                    _CLASSES[at[-3]] & _UPPER
                ):
                    return False  # an IBAN
            elif not kind & _BETWEEN_DIGITS:
                digits = 0
            if not kind & _TELLING:  # as most aren't
                at += 1
                continue
            character = at[0]
            if character == b"$" or (character == b"@" and self._emails) or (character == b"+" and self._phones):
                return False
            if character == b"=" or character == b"<":
                in_pairs = True
            elif character == b":":
                if end - at > 2 and at[1] == b"/" and at[2] == b"/":
                    return False
                if at == begin or at + 1 == end or not (
                    _CLASSES[at[-1]] & _DIGIT and _CLASSES[at[1]] & _DIGIT
                ):
                    in_pairs = True
            elif character == b"-" and end - at > 2 and at[1] == b"-" and at[2] == b"-":
                return False  # a private key
            at += 1
        return not self._has_stem(begin, end, in_pairs)

    cdef bint _has_stem(self, const unsigned char *at, const unsigned char *end, bint in_pairs) noexcept:
        """Return whether a word stands there that announces a secret, be it that of a pair or alone."""
        # Five bits of each character are the same of small letters and capitals.
        cdef unsigned int begin = 0
        if end - at < 2:
            return False
        begin = (at[0] & 31) << 5 | at[1] & 31
        at += 2
        while at < end:
            begin = (begin << 5 | at[0] & 31) & 0x7FFF
            if self._begins[begin >> 3] >> (begin & 7) & 1 and self._is_stem(at - 2, end, in_pairs):
                return True
            at += 1
        begin = begin << 5 & 0x7FFF
        return self._begins[begin >> 3] >> (begin & 7) & 1 and self._is_stem(end - 2, end, in_pairs)

    cdef bint _is_stem(self, const unsigned char *at, const unsigned char *end, bint in_pairs) noexcept:
        cdef const char *stem = PyBytes_AS_STRING(self._stems)
        cdef const char *last = stem + PyBytes_GET_SIZE(self._stems)
        cdef Py_ssize_t length
        cdef Py_ssize_t same
        while stem < last:
            length = <unsigned char>stem[1]
            same = 0
            while same < length and at + same < end and _LOWER[at[same]] == <unsigned char>stem[2 + same]:
                same += 1
            if same == length and (in_pairs or stem[0] == b"s"):
                return True
            stem += 2 + length
        return False
