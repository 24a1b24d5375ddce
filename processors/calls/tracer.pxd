cimport cython

from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.log cimport CallLog, OpenCall
from otel2test.processors.snapshots cimport snapshot


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
    cdef object _here
    cdef dict _suspended

    @cython.locals(thread=_Thread, stack=list, parent=OpenCall, log=CallLog, call=OpenCall, arguments=dict,
                   values=list, index=Py_ssize_t)
    cpdef enter(self, Function function, object frame)
    @cython.locals(call=OpenCall)
    cpdef leave(self, object frame, object value)
    @cython.locals(call=OpenCall)
    cpdef unwind(self, object frame, object error)
    cpdef OpenCall unwind_unknown(self, object frame)
    @cython.locals(call=OpenCall, function=Function, stack=list)
    cpdef suspend(self, object frame, object value)
    @cython.locals(call=OpenCall, thread=_Thread)
    cpdef resume(self, object frame)
    @cython.locals(thread=_Thread, stack=list, call=OpenCall, log=CallLog, function=Function, kept=dict, before=dict,
                   values=list, index=Py_ssize_t)
    cpdef OpenCall _stop(self, object frame)
    @cython.locals(call=OpenCall, stack=list)
    cpdef OpenCall _dig_out(self, object frame_id)
