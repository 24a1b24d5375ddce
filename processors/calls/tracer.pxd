cimport cython

from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.log cimport CallLog, OpenCall
from otel2test.processors.calls.values cimport Values


@cython.locals(index=Py_ssize_t)
cpdef list _named(Values table, Function function, object names, object values)


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

    @cython.locals(thread=_Thread, stack=list, parent=OpenCall, log=CallLog, call=OpenCall, table=Values,
                   values=list, interpreter=Interpreter)
    cpdef enter(self, Function function, object frame)
    @cython.locals(call=OpenCall, table=Values)
    cpdef leave(self, object frame, object value)
    @cython.locals(call=OpenCall)
    cpdef unwind(self, object frame, object error)
    cpdef OpenCall unwind_unknown(self, object frame)
    @cython.locals(thread=_Thread, call=OpenCall, function=Function, stack=list, frame_id=size_t)
    cpdef suspend(self, object frame, object value)
    @cython.locals(call=OpenCall, thread=_Thread)
    cpdef resume(self, object frame)
    @cython.locals(thread=_Thread, stack=list, call=OpenCall, log=CallLog, function=Function, before=list,
                   table=Values, values=list, index=Py_ssize_t, place=Py_ssize_t, interpreter=Interpreter,
                   frame_id=size_t)
    cpdef OpenCall _stop(self, object frame)
    @cython.locals(call=OpenCall)
    cpdef OpenCall _dig_out(self, list stack, size_t frame_id)
