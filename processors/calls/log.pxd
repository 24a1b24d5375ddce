from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.values cimport Values


cdef class OpenCall:
    cdef public Function function
    cdef public object frame_id
    cdef public CallLog log
    cdef public object id
    cdef public object parent
    cdef public object span
    cdef public long long start
    cdef public long long duration
    cdef public bint failed
    cdef public list arguments
    cdef public list rebound
    cdef public list kept
    cdef public long yielded


cdef class CallLog:
    cdef public object span_id
    cdef public set span_ids
    cdef public bint closed
    cdef public set suspended
    cdef public long dropped
    cdef public long long origin
    cdef public Values values
    cdef object _full
    cdef long _max_calls
    cdef long long _room
    cdef object _ids
    cdef dict _open
    cdef list _rows
    cdef list _encoded
    cdef dict _functions
    cdef dict _spans

    cpdef OpenCall begin(self, Function function, object frame_id, OpenCall parent, object span)
    cpdef end(self, OpenCall call, object outcome=*, object value=*)
    cpdef payload(self)
    cpdef _encode(self)
    cpdef _end_late(self, OpenCall call)
