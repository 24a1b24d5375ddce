"""What C has faster than Python; :mod:`otel2test.processors.stack` says what it is."""

# Only public functions of the interpreter, but for how a frame is laid out on Python 3.11 to 3.13, which
# changes no more.

import sys

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030E0000
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include "internal/pycore_frame.h"
    #endif

    static int otel2test_is_none(PyObject *known, PyObject *code) {
        PyObject *address = PyLong_FromVoidPtr(code);
        PyObject *found;
        if (address == NULL) {
            return -1;
        }
        found = PyDict_GetItemWithError(known, address);
        Py_DECREF(address);
        return found == NULL && PyErr_Occurred() ? -1 : found == Py_None;
    }

    /* As many frames as sys._getframe() has to pass by; -1 for none, -2 for an exception. */
    static Py_ssize_t otel2test_passed_by(PyObject *known, Py_ssize_t most) {
        Py_ssize_t passed = 0;
        int is_none;
    #if PY_VERSION_HEX >= 0x030E0000
        PyFrameObject *frame = PyEval_GetFrame();
        Py_XINCREF(frame);
        while (frame != NULL && passed < most) {
            PyCodeObject *code = PyFrame_GetCode(frame);
            PyFrameObject *back = PyFrame_GetBack(frame);
            is_none = otel2test_is_none(known, (PyObject *)code);
            Py_DECREF(code);
            Py_SETREF(frame, back);
            if (is_none != 1) {
                Py_XDECREF(frame);
                return is_none < 0 ? -2 : passed;
            }
            passed++;
        }
        Py_XDECREF(frame);
    #else
    #if PY_VERSION_HEX >= 0x030D0000
        struct _PyInterpreterFrame *frame = PyThreadState_Get()->current_frame;
    #else
        struct _PyInterpreterFrame *frame = PyThreadState_Get()->cframe->current_frame;
    #endif
        for (; frame != NULL && passed < most; frame = frame->previous) {
            if (_PyFrame_IsIncomplete(frame)) {
                continue;
            }
    #if PY_VERSION_HEX >= 0x030D0000
            is_none = otel2test_is_none(known, frame->f_executable);
    #else
            is_none = otel2test_is_none(known, (PyObject *)frame->f_code);
    #endif
            if (is_none != 1) {
                return is_none < 0 ? -2 : passed;
            }
            passed++;
        }
    #endif
        return -1;
    }
    """
    Py_ssize_t otel2test_passed_by(object known, Py_ssize_t most) except -2

cdef object _getframe = sys._getframe


def innermost_but(object known, Py_ssize_t most):
    cdef Py_ssize_t passed = otel2test_passed_by(known, most)
    return None if passed < 0 else _getframe(passed)
