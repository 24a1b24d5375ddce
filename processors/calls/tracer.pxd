cimport cython

from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.log cimport CallLog, OpenCall


cdef class _Thread:
    cdef public list stack
    cdef public object context
    cdef public CallLog log
    cdef public object span


cdef class CallTracer:
    cdef public object functions
    cdef public dict logs
    cdef long _max_calls
    cdef long long _max_bytes
    cdef public Interpreter interpreter
    cdef dict _suspended

    @cython.locals(thread=_Thread, stack=list, parent=OpenCall, log=CallLog, call=OpenCall, values=list,
                   interpreter=Interpreter)
    cpdef enter(self, Function function, size_t frame)
    @cython.locals(thread=_Thread, stack=list, log=CallLog)
    cpdef overlook(self)
    @cython.locals(call=OpenCall, log=CallLog)
    cpdef leave(self, size_t frame, object value)
    @cython.locals(call=OpenCall)
    cpdef unwind(self, size_t frame, object error)
    cpdef OpenCall unwind_unknown(self, size_t frame)
    @cython.locals(thread=_Thread, call=OpenCall, top=OpenCall, function=Function, stack=list, frame_id=size_t)
    cpdef suspend(self, size_t frame, object value)
    @cython.locals(call=OpenCall, thread=_Thread)
    cpdef resume(self, size_t frame)
    @cython.locals(thread=_Thread, stack=list, call=OpenCall, top=OpenCall, log=CallLog, function=Function,
                   before=list, values=list, index=Py_ssize_t, place=Py_ssize_t, interpreter=Interpreter,
                   frame_id=size_t)
    cpdef OpenCall _stop(self, size_t frame)
    @cython.locals(call=OpenCall, index=Py_ssize_t)
    cpdef OpenCall _dig_out(self, list stack, size_t frame_id)
