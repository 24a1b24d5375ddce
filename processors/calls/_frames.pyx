"""What C has faster than Python; :mod:`otel2test.processors.calls.frames` says what it is."""

# Only public functions of the interpreter, but for how a frame is laid out on Python 3.11 to 3.13, which
# changes no more; and no reference is kept that Cython doesn't count, but for those of code objects, which
# are given back with these.

import threading
from time import perf_counter_ns

cimport cython
from cpython.list cimport PyList_New
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF

from otel2test.processors.guard import fault

cdef extern from *:
    """
    #if PY_VERSION_HEX < 0x030E0000
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include "internal/pycore_frame.h"
    #include "internal/pycore_code.h"
    #endif

    #if PY_VERSION_HEX < 0x030E0000
    /* A frame is where the interpreter has it: an object would have to be made for each call. */
    static size_t otel2test_handle(PyObject *frame) {
        return (size_t)((PyFrameObject *)frame)->f_frame;
    }
    static size_t otel2test_running(PyObject *code) {
    #if PY_VERSION_HEX >= 0x030D0000
        struct _PyInterpreterFrame *frame = PyThreadState_Get()->current_frame;
        if (frame != NULL && frame->f_executable == code) {
    #else
        struct _PyInterpreterFrame *frame = PyThreadState_Get()->cframe->current_frame;
        if (frame != NULL && (PyObject *)frame->f_code == code) {
    #endif
            return (size_t)frame;
        }
        PyObject *object = (PyObject *)PyEval_GetFrame();
        return object == NULL ? 0 : otel2test_handle(object);
    }
    #else
    static size_t otel2test_handle(PyObject *frame) {
        return (size_t)frame;
    }
    static size_t otel2test_running(PyObject *code) {
        (void)code;
        return (size_t)PyEval_GetFrame();
    }
    #endif

    #if PY_VERSION_HEX >= 0x030E0000
    /* A new reference; NULL, and no exception, where the variable holds nothing. */
    static PyObject *otel2test_variable(size_t frame, PyObject *name, Py_ssize_t place) {
        PyObject *value = PyFrame_GetVar((PyFrameObject *)frame, name);
        if (value == NULL && PyErr_ExceptionMatches(PyExc_NameError)) {
            PyErr_Clear();
        }
        return value;
    }
    #else
    /* The same. ``f_locals`` is what ``locals()`` gave the program, and would be written anew. */
    static PyObject *otel2test_variable(size_t frame, PyObject *name, Py_ssize_t place) {
        struct _PyInterpreterFrame *held = (struct _PyInterpreterFrame *)frame;
    #if PY_VERSION_HEX >= 0x030D0000
        PyCodeObject *code = (PyCodeObject *)held->f_executable;
    #else
        PyCodeObject *code = held->f_code;
    #endif
    #if PY_VERSION_HEX >= 0x030C0000
        int has_cells = 1;
    #else
        /* Looked at before any instruction has run, also of those that put arguments into cells. */
        int has_cells = !_PyFrame_IsIncomplete(held);
    #endif
        if (place < 0 || place >= code->co_nlocalsplus
            || PyTuple_GET_ITEM(code->co_localsplusnames, place) != name) {
            return NULL;
        }
        PyObject *value = held->localsplus[place];
        int kind = (unsigned char)PyBytes_AS_STRING(code->co_localspluskinds)[place];
        if (has_cells && value != NULL && (kind & (CO_FAST_CELL | CO_FAST_FREE)) && PyCell_Check(value)) {
            value = PyCell_GET(value);
        }
        Py_XINCREF(value);
        return value;
    }
    #endif

    #if PY_VERSION_HEX >= 0x030C0000
    #define otel2test_request_extra PyUnstable_Eval_RequestCodeExtraIndex
    #define otel2test_get_extra PyUnstable_Code_GetExtra
    #define otel2test_set_extra PyUnstable_Code_SetExtra
    #else
    #define otel2test_request_extra _PyEval_RequestCodeExtraIndex
    #define otel2test_get_extra _PyCode_GetExtra
    #define otel2test_set_extra _PyCode_SetExtra
    #endif

    /* Gives a new reference away. */
    static void otel2test_set_item(PyObject *list, Py_ssize_t index, PyObject *item) {
        PyList_SET_ITEM(list, index, item);
    }

    #include <time.h>
    /* What time.perf_counter_ns() reads; -1 where it reads something else. */
    static long long otel2test_now(void) {
    #if defined(CLOCK_MONOTONIC) && !defined(__APPLE__)
        struct timespec now;
        if (clock_gettime(CLOCK_MONOTONIC, &now) == 0) {
            return (long long)now.tv_sec * 1000000000LL + now.tv_nsec;
        }
    #endif
        return -1;
    }
    """
    size_t otel2test_handle(object frame)
    size_t otel2test_running(object code)
    PyObject *otel2test_variable(size_t frame, object name, Py_ssize_t place) except? NULL
    Py_ssize_t otel2test_request_extra(void (*)(void *))
    int otel2test_get_extra(object code, Py_ssize_t index, void **extra) except -1
    int otel2test_set_extra(object code, Py_ssize_t index, void *extra) except -1
    void otel2test_set_item(object list, Py_ssize_t index, PyObject *item)
    long long otel2test_now() nogil

cdef extern from "Python.h":
    ctypedef struct PyFrameObject
    ctypedef struct PyThreadState
    PyThreadState *PyThreadState_Get()
    unsigned long long PyThreadState_GetID(PyThreadState *thread)
    PyObject *PyEval_GetGlobals()
    int PyContextVar_Get(object variable, PyObject *default, PyObject **value) except -1
    object PyLong_FromVoidPtr(void *address)
    ctypedef int (*Py_tracefunc)(PyObject *, PyFrameObject *, int, PyObject *) except -1
    void PyEval_SetProfile(Py_tracefunc callback, PyObject *argument)
    const int PyTrace_CALL
    const int PyTrace_C_CALL
    const int PyTrace_RETURN
    PyObject *PyFrame_GetCode(PyFrameObject *frame)
    PyObject *PyDict_GetItem(object found, object key)

UNBOUND = object()


@cython.final
@cython.no_gc
cdef class _Known:
    """What is known of a code object, kept with it; and by whom."""

    # Not looked at by garbage collections, as there are thousands: what is known of code refers to none of it.

    cdef object what
    cdef long long owner


cdef void _release(void *known) noexcept:
    if known is not NULL:
        Py_DECREF(<object>known)


cdef Py_ssize_t _place_of_known = otel2test_request_extra(_release)
cdef long long _interpreters = 0


class _Here(threading.local):
    def __init__(self, make):
        self.thread = make()


@cython.final
cdef class Interpreter:
    def __init__(self, make, variable, get_context):
        self._here = _Here(make)
        self._variable = variable
        self._get_context = get_context
        # gevent puts a class of its own in its place: what is one thread here is many there.
        self._is_own = threading.local.__module__ == "_thread"
        self._last = None
        self._last_id = 0
        global _interpreters
        _interpreters += 1
        self._number = _interpreters

    cpdef object thread(self):
        # Attributes of a thread-local are slow, and the same thread asks many times. Ids begin with 1
        # for the first thread, and none comes again.
        cdef unsigned long long number
        if not self._is_own:
            return self._here.thread
        number = PyThreadState_GetID(PyThreadState_Get())
        if number == self._last_id and self._last is not None:
            return self._last
        found = self._here.thread
        before = self._last  # lives on until both are set: when it goes, other threads may run
        self._last = found
        self._last_id = number
        return found

    cpdef object context(self):
        cdef PyObject *found = NULL
        if self._variable is None:
            return self._get_context()
        PyContextVar_Get(self._variable, NULL, &found)
        if found is NULL:
            return self._get_context()
        context = <object>found
        Py_DECREF(context)  # the cast counted it once more
        return context

    cpdef long long now(self) except? -1:
        cdef long long moment = otel2test_now()
        return moment if moment >= 0 else perf_counter_ns()

    cpdef object known(self, object functions, object code):
        cdef void *extra = NULL
        cdef PyObject *found
        cdef _Known known
        if _place_of_known >= 0:
            otel2test_get_extra(code, _place_of_known, &extra)
            if extra is not NULL and (<_Known>extra).owner == self._number:
                return (<_Known>extra).what
        found = PyDict_GetItem(functions, PyLong_FromVoidPtr(<void *>code))
        if found is NULL:
            return None
        if _place_of_known >= 0:
            known = _Known.__new__(_Known)
            known.what, known.owner = <object>found, self._number
            otel2test_set_extra(code, _place_of_known, <void *>known)
            Py_INCREF(known)
        return <object>found

    cpdef size_t running(self, object code) except 0:
        # What is compiled has no frame of its own.
        cdef size_t frame = otel2test_running(code)
        if not frame:
            raise RuntimeError("nothing runs")
        return frame

    cpdef object globals_of_running(self):
        cdef PyObject *found = PyEval_GetGlobals()
        if found is NULL:
            raise RuntimeError("nothing runs")
        return <object>found

    cpdef size_t handle(self, object frame):
        return otel2test_handle(frame)

    cpdef size_t identity(self, size_t frame):
        return frame

    cpdef list values_of(self, size_t frame, tuple names, tuple places):
        cdef Py_ssize_t count = len(names)
        cdef list values = PyList_New(count)
        cdef PyObject *found
        cdef Py_ssize_t index
        for index in range(count):
            found = otel2test_variable(frame, names[index], places[index])
            if found is NULL:
                Py_INCREF(UNBOUND)
                found = <PyObject *>UNBOUND
            otel2test_set_item(values, index, found)
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
    try:
        return _pass_on(told, frame, what, value)
    except RecursionError as error:
        # Where the program may go just one call deeper, we may not. What it does there isn't ours to end.
        try:
            fault("call", error)
        except RecursionError:
            pass
        return 0


cdef int _pass_on(PyObject *told, PyFrameObject *frame, int what, PyObject *value) except -1:
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
