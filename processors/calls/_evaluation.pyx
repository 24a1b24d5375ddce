"""Evaluates frames in the interpreter's stead; :mod:`otel2test.processors.calls.evaluating` says why."""

# How a frame and a generator are laid out, and which instructions they stop at, is Python 3.11's alone.
# A frame is looked at before its evaluation, when no instruction has run, and after it, when its variables
# are still there: whoever asked for the evaluation clears them.

cimport cython
from cpython.object cimport PyObject

from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.tracer cimport CallTracer

from otel2test.processors.guard import fault

cdef extern from *:
    """
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include "internal/pycore_frame.h"
    #include "internal/pycore_code.h"
    #include "opcode.h"

    #define OTEL2TEST_ON_DEMAND (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)

    enum { OTEL2TEST_CALLED, OTEL2TEST_GOES_ON, OTEL2TEST_MAKES_GENERATOR };

    static int otel2test_beginning(struct _PyInterpreterFrame *frame, int thrown) {
        if (frame->owner != FRAME_OWNED_BY_GENERATOR) {
            /* The call of a generator function makes a generator of a copy of this frame, no more. */
            return frame->f_code->co_flags & OTEL2TEST_ON_DEMAND ? OTEL2TEST_MAKES_GENERATOR : OTEL2TEST_CALLED;
        }
        /* Where it stands tells, as its state is said to be running already. */
        return !thrown && _Py_OPCODE(*frame->prev_instr) == RETURN_GENERATOR ? OTEL2TEST_CALLED : OTEL2TEST_GOES_ON;
    }
    static int otel2test_is_suspended(struct _PyInterpreterFrame *frame) {
        return frame->owner == FRAME_OWNED_BY_GENERATOR
            && _PyFrame_GetGenerator(frame)->gi_frame_state == FRAME_SUSPENDED;
    }

    #ifdef _MSC_VER
    #include <intrin.h>
    #define otel2test_here() ((char *)_AddressOfReturnAddress())
    #define OTEL2TEST_OF_THREAD __declspec(thread)
    #else
    #define otel2test_here() ((char *)__builtin_frame_address(0))
    #define OTEL2TEST_OF_THREAD __thread
    #endif
    #if defined(__linux__) || defined(__APPLE__)
    #include <pthread.h>
    #endif
    #if defined(__linux__) && !defined(__GLIBC__)
    #include <sys/resource.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    #endif

    #define OTEL2TEST_MOST_STACK (4 * 1024 * 1024)
    #define OTEL2TEST_UNKNOWN_STACK (256 * 1024)
    static OTEL2TEST_OF_THREAD char *otel2test_floor = NULL;

    /* The lowest address of this thread's C stack that we take: half of it is the program's in any case. */
    static char *otel2test_find_floor(void) {
        char *lowest = NULL;
        size_t size = 0;
    #if defined(__APPLE__)
        size = pthread_get_stacksize_np(pthread_self());
        lowest = (char *)pthread_get_stackaddr_np(pthread_self()) - size;
    #elif defined(__linux__)
        pthread_attr_t attributes;
        if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
            void *address = NULL;
            if (pthread_attr_getstack(&attributes, &address, &size) == 0) {
                lowest = (char *)address;
            }
            pthread_attr_destroy(&attributes);
        }
    #if !defined(__GLIBC__)
        /* That of the first thread grows, and musl tells how large it is by now. */
        struct rlimit most;
        if (lowest != NULL && syscall(SYS_gettid) == getpid() && getrlimit(RLIMIT_STACK, &most) == 0
            && most.rlim_cur != RLIM_INFINITY && most.rlim_cur > size) {
            lowest -= most.rlim_cur - size;
            size = most.rlim_cur;
        }
    #endif
    #endif
        if (lowest == NULL || size == 0) {
            return otel2test_here() - OTEL2TEST_UNKNOWN_STACK;
        }
        size_t taken = size / 2 < OTEL2TEST_MOST_STACK ? size / 2 : OTEL2TEST_MOST_STACK;
        return lowest + size - taken;
    }
    static inline int otel2test_is_deep(void) {
        if (otel2test_floor == NULL) {
            otel2test_floor = otel2test_find_floor();
        }
        return otel2test_here() < otel2test_floor;
    }
    static void otel2test_set(PyThreadState *thread, _PyFrameEvalFunction evaluate) {
        _PyInterpreterState_SetEvalFrameFunc(thread->interp, evaluate);
    }
    static _PyFrameEvalFunction otel2test_get(PyThreadState *thread) {
        return _PyInterpreterState_GetEvalFrameFunc(thread->interp);
    }
    """
    ctypedef struct PyThreadState:
        int tracing
    ctypedef struct PyCodeObject
    ctypedef struct Frame "struct _PyInterpreterFrame":
        PyCodeObject *f_code
        PyObject *f_globals
    ctypedef PyObject *(*Evaluate "_PyFrameEvalFunction")(PyThreadState *, Frame *, int) noexcept
    const int OTEL2TEST_CALLED
    const int OTEL2TEST_GOES_ON
    const int OTEL2TEST_MAKES_GENERATOR
    int otel2test_beginning(Frame *frame, int thrown) noexcept
    bint otel2test_is_suspended(Frame *frame) noexcept
    bint otel2test_is_deep() noexcept
    void otel2test_set(PyThreadState *thread, Evaluate evaluate) noexcept
    Evaluate otel2test_get(PyThreadState *thread) noexcept
    PyThreadState *PyThreadState_Get() noexcept
    void PyThreadState_EnterTracing(PyThreadState *thread) noexcept
    void PyThreadState_LeaveTracing(PyThreadState *thread) noexcept
    PyObject *_PyEval_EvalFrameDefault(PyThreadState *thread, Frame *frame, int thrown) noexcept
    void PyErr_Fetch(PyObject **kind, PyObject **error, PyObject **traceback) noexcept
    void PyErr_Restore(PyObject *kind, PyObject *error, PyObject *traceback) noexcept
    void PyErr_NormalizeException(PyObject **kind, PyObject **error, PyObject **traceback) noexcept
    void _PyErr_ChainExceptions(PyObject *kind, PyObject *error, PyObject *traceback) noexcept
    int PyException_SetTraceback(PyObject *error, PyObject *traceback) noexcept
    Py_ssize_t _PyEval_RequestCodeExtraIndex(void (*)(void *)) noexcept
    int _PyCode_GetExtra(PyObject *code, Py_ssize_t place, void **extra) noexcept
    int _PyCode_SetExtra(PyObject *code, Py_ssize_t place, void *extra) except -1
    void Py_XDECREF(PyObject *held) noexcept


@cython.final
cdef class _Listener:
    """Whom it is told, as long as frames are evaluated here."""

    cdef CallTracer tracer
    cdef Interpreter interpreter
    cdef object foreign
    cdef size_t mark

    def __init__(self, tracer, foreign):
        global _listeners
        _listeners += 1
        self.mark = _listeners
        self.tracer = tracer
        self.interpreter = tracer.interpreter
        self.foreign = foreign


cdef _Listener _listener = None
cdef size_t _listeners = 0
# Code that isn't the project's is marked with the number of who found that out: most calls are of such.
cdef Py_ssize_t _place_of_mark = _PyEval_RequestCodeExtraIndex(NULL)


def start(tracer, foreign):
    global _listener
    cdef PyThreadState *thread = PyThreadState_Get()
    cdef Evaluate present = otel2test_get(thread)
    if present != _evaluate and present != _PyEval_EvalFrameDefault:
        return False
    if _listener is None or _listener.tracer is not tracer:
        if _listener is not None and _listener.tracer.logs:
            return False
        _listener = _Listener(tracer, foreign)
    otel2test_set(thread, _evaluate)
    return True


def stop(tracer, bint if_idle):
    global _listener
    cdef PyThreadState *thread = PyThreadState_Get()
    # Between the question and what follows from it no other thread runs.
    if _listener is None or _listener.tracer is not tracer or (if_idle and _listener.tracer.logs):
        return
    # Who came after us may still ask us, and finds nobody listening.
    if otel2test_get(thread) == _evaluate:
        otel2test_set(thread, _PyEval_EvalFrameDefault)
    _listener = None


def is_evaluating():
    return otel2test_get(PyThreadState_Get()) == _evaluate


cdef enum:
    _PASS
    _TELL
    _SPARE


cdef PyObject *_evaluate(PyThreadState *thread, Frame *frame, int thrown) noexcept:
    # Nothing lies on the C stack while the frame of a function runs that isn't told.
    cdef int way = _way(thread, frame, thrown)
    if way == _PASS:
        return _PyEval_EvalFrameDefault(thread, frame, thrown)
    if way == _TELL:
        return _evaluate_and_tell(thread, frame, thrown)
    return _evaluate_sparing(thread, frame, thrown)


cdef int _way(PyThreadState *thread, Frame *frame, int thrown) noexcept:
    cdef void *mark = NULL
    # What runs while a debugger, a profiler or we are at work is theirs or ours.
    if thread.tracing or _listener is None:
        return _PASS
    if otel2test_is_deep():
        return _SPARE
    _PyCode_GetExtra(<PyObject *>frame.f_code, _place_of_mark, &mark)
    if <size_t>mark == _listener.mark:
        return _PASS
    return _PASS if otel2test_beginning(frame, thrown) == OTEL2TEST_MAKES_GENERATOR else _TELL


cdef PyObject *_evaluate_and_tell(PyThreadState *thread, Frame *frame, int thrown) noexcept:
    # Whoever was told of the beginning is told of the end.
    cdef _Listener listener = _listener
    cdef PyObject *result = NULL
    cdef int told = _told(listener, thread, frame, thrown, False)
    if told >= 0:
        result = _PyEval_EvalFrameDefault(thread, frame, thrown)
    elif otel2test_beginning(frame, thrown) == OTEL2TEST_GOES_ON:
        # What was raised to end the program is raised where it stood.
        result = _PyEval_EvalFrameDefault(thread, frame, True)
    if told > 0:
        result = _told_end(listener, thread, frame, result)
    return result


cdef PyObject *_evaluate_sparing(PyThreadState *thread, Frame *frame, int thrown) noexcept:
    """Let the interpreter evaluate all that is called from here without taking more of the C stack."""
    cdef _Listener listener = _listener
    cdef PyObject *result
    if _told(listener, thread, frame, thrown, True) < 0:
        if otel2test_beginning(frame, thrown) != OTEL2TEST_GOES_ON:
            return NULL
        thrown = True
    otel2test_set(thread, _PyEval_EvalFrameDefault)
    result = _PyEval_EvalFrameDefault(thread, frame, thrown)
    if _listener is not None and otel2test_get(thread) == _PyEval_EvalFrameDefault:
        otel2test_set(thread, _evaluate)
    return result


cdef int _told(_Listener listener, PyThreadState *thread, Frame *frame, int thrown, bint deep) noexcept:
    """Tell that a frame begins or goes on; 1 if its end is to be told, -1 with an exception for the program."""
    cdef PyObject *kind = NULL
    cdef PyObject *error = NULL
    cdef PyObject *traceback = NULL
    PyErr_Fetch(&kind, &error, &traceback)
    PyThreadState_EnterTracing(thread)
    cdef int told = (<_Tell>_tell)(listener, frame, thrown, deep)
    PyThreadState_LeaveTracing(thread)
    if told >= 0:
        PyErr_Restore(kind, error, traceback)
    elif kind is not NULL:
        _PyErr_ChainExceptions(kind, error, traceback)
    return told


cdef PyObject *_told_end(_Listener listener, PyThreadState *thread, Frame *frame, PyObject *result) noexcept:
    """Tell how a frame was left; return what its evaluation gives."""
    cdef PyObject *kind = NULL
    cdef PyObject *error = NULL
    cdef PyObject *traceback = NULL
    PyErr_Fetch(&kind, &error, &traceback)
    if kind is not NULL:
        # As a handler would find it.
        PyErr_NormalizeException(&kind, &error, &traceback)
        if traceback is not NULL:
            PyException_SetTraceback(error, traceback)
    PyThreadState_EnterTracing(thread)
    cdef int told = (<_TellEnd>_tell_end)(listener, frame, result, error)
    PyThreadState_LeaveTracing(thread)
    if told >= 0:
        PyErr_Restore(kind, error, traceback)
        return result
    if kind is not NULL:
        _PyErr_ChainExceptions(kind, error, traceback)
    Py_XDECREF(result)
    return NULL


# As C sees them: an exception is left for who called.
ctypedef int (*_Tell)(_Listener, Frame *, int, bint) noexcept
ctypedef int (*_TellEnd)(_Listener, Frame *, PyObject *, PyObject *) noexcept


cdef int _tell(_Listener listener, Frame *frame, int thrown, bint deep) except -1:
    cdef CallTracer tracer = listener.tracer
    try:
        code = <object>frame.f_code
        function = listener.interpreter.known(tracer.functions, code)
        if function is None:
            function = tracer.describe(code, <object>frame.f_globals)
        if function is listener.foreign:
            _PyCode_SetExtra(<PyObject *>frame.f_code, _place_of_mark, <void *>listener.mark)
            return 0
        if deep:
            if otel2test_beginning(frame, thrown) == OTEL2TEST_CALLED:
                tracer.overlook()
            return 0
        if otel2test_beginning(frame, thrown) == OTEL2TEST_CALLED:
            tracer.enter(<Function>function, <size_t>frame)
        else:
            tracer.resume(<size_t>frame)
    except Exception as error:
        _swallow(error)
    return 1


cdef int _tell_end(_Listener listener, Frame *frame, PyObject *result, PyObject *error) except -1:
    cdef CallTracer tracer = listener.tracer
    try:
        if error is not NULL:
            tracer.unwind(<size_t>frame, <object>error)
        elif result is NULL:
            tracer.unwind_unknown(<size_t>frame)
        elif otel2test_is_suspended(frame):
            tracer.suspend(<size_t>frame, <object>result)
        else:
            tracer.leave(<size_t>frame, <object>result)
    except Exception as raised:
        _swallow(raised)
    return 0


cdef int _swallow(object error) except -1:
    # Where the program may go just one call deeper, we may not. What it does there isn't ours to end.
    try:
        fault("call", error)
    except RecursionError:
        pass
    return 0
