cimport cython

from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls._rows cimport Rows
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls._values cimport Values


@cython.final
@cython.freelist(64)
cdef class OpenCall:
    cdef public Function function
    cdef public size_t frame_id
    cdef public CallLog log
    cdef public long long id
    cdef public long long parent
    cdef public object span
    cdef public long long start
    cdef public long long duration
    cdef public bint failed
    cdef public object arguments
    cdef public list rebound
    cdef public object kept
    cdef public long yielded


cdef class CallLog:
    cdef public object span_id
    cdef public set span_ids
    cdef public bint closed
    cdef public set suspended
    cdef public long dropped
    cdef public long long origin
    cdef public Values values
    cdef Interpreter _interpreter
    cdef object _full
    cdef long _max_calls
    cdef long long _room
    cdef set _open
    cdef Rows _rows
    cdef dict _functions
    cdef dict _spans
    cdef tuple _latest_span

    @cython.locals(call_id=cython.longlong, parent_id=cython.longlong)
    cpdef OpenCall begin(self, Function function, size_t frame_id, OpenCall parent, object span)
    cpdef drop(self)
    @cython.locals(function=Function, number=cython.long, span=cython.long, yielded=cython.long, latest=tuple)
    cpdef end(self, OpenCall call, int outcome=*, object value=*)
    cpdef payload(self)
    cpdef _end_late(self, OpenCall call)


cdef long _number(dict numbers, object key)


@cython.locals(call=OpenCall)
cdef OpenCall _opened(Function function, size_t frame_id, CallLog log, long long call_id, long long parent,
                      object span)
