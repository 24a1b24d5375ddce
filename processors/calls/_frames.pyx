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
    PyObject *PyFrame_GetCode(PyFrameObject *frame)
    PyObject *PyDict_GetItem(object found, object key)

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


cdef class _Hook:
    """What the interpreter tells, and whom; the object that it keeps with the hook."""

    cdef object event
    cdef object functions
    cdef object foreign
    cdef dict waiting

    def __init__(self, event, functions, foreign, waiting):
        self.event = event
        self.functions = functions
        self.foreign = foreign
        self.waiting = waiting

    # What sys.getprofile() returns is this object, and is asked whether it is the event.
    def __eq__(self, other):
        return other is self or self.event == other

    def __hash__(self):
        return hash(self.event)

    def __call__(self, frame, event, value):
        self.event(frame, event, value)


cdef int _tell(PyObject *told, PyFrameObject *frame, int what, PyObject *value) except -1:
    cdef _Hook hook = <_Hook>told
    cdef PyObject *known
    cdef size_t address
    # How calls of C functions end, nobody asks.
    if what == PyTrace_C_CALL:
        if len(hook.waiting):
            hook.event(<object><PyObject *>frame, "c_call", None)
        return 0
    if what != PyTrace_CALL and what != PyTrace_RETURN:
        return 0
    if not len(hook.waiting):
        code = <object>PyFrame_GetCode(frame)
        Py_DECREF(code)  # the cast counted it once more
        address = <size_t><void *>code
        known = PyDict_GetItem(hook.functions, address)
        if known is <PyObject *>hook.foreign:
            return 0
    if what == PyTrace_CALL:
        hook.event(<object><PyObject *>frame, "call", None)
    else:
        hook.event(<object><PyObject *>frame, "return", None if value is NULL else <object>value)
    return 0


def set_profile(event, functions, foreign, waiting):
    hook = _Hook(event, functions, foreign, waiting)
    PyEval_SetProfile(_tell, <PyObject *>hook)
