"""What C has faster than Python; :mod:`otel2test.processors.calls.frames` says what it is."""

# Only public functions of the interpreter, and no reference is kept that Cython doesn't count.

from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF

cdef extern from *:
    """
    #if PY_VERSION_HEX >= 0x030C0000
    /* A new reference; NULL, and no exception, where the variable holds nothing. */
    static PyObject *otel2test_variable(PyObject *frame, PyObject *name) {
        PyObject *value = PyFrame_GetVar((PyFrameObject *)frame, name);
        if (value == NULL && PyErr_ExceptionMatches(PyExc_NameError)) {
            PyErr_Clear();
        }
        return value;
    }
    #else
    static PyObject *otel2test_variable(PyObject *frame, PyObject *name) {
        PyErr_SetString(PyExc_NotImplementedError, "PyFrame_GetVar");
        return NULL;
    }
    #endif
    """
    PyObject *otel2test_variable(object frame, object name) except? NULL

cdef extern from "Python.h":
    ctypedef struct PyFrameObject
    ctypedef int (*Py_tracefunc)(PyObject *, PyFrameObject *, int, PyObject *) except -1
    void PyEval_SetProfile(Py_tracefunc callback, PyObject *argument)
    const int PyTrace_CALL
    const int PyTrace_C_CALL
    const int PyTrace_RETURN
    const int PY_VERSION_HEX

UNBOUND = object()


cpdef list values_of(object frame, tuple names):
    cdef list values = []
    cdef PyObject *found
    if PY_VERSION_HEX < 0x030C0000:
        held = frame.f_locals
        for name in names:
            values.append(held.get(name, UNBOUND))
        return values
    for name in names:
        found = otel2test_variable(frame, name)
        if found is NULL:
            values.append(UNBOUND)
        else:
            value = <object>found
            Py_DECREF(value)  # the cast counted it once more
            values.append(value)
    return values


cdef int _tell(PyObject *callback, PyFrameObject *frame, int what, PyObject *value) except -1:
    # How calls of C functions end, nobody asks.
    if what == PyTrace_C_CALL:
        (<object>callback)(<object><PyObject *>frame, "c_call", None)
    elif what == PyTrace_CALL:
        (<object>callback)(<object><PyObject *>frame, "call", None)
    elif what == PyTrace_RETURN:
        (<object>callback)(<object><PyObject *>frame, "return", None if value is NULL else <object>value)
    return 0


def set_profile(callback):
    PyEval_SetProfile(_tell, <PyObject *>callback)
