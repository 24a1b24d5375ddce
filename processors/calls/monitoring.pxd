from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.tracer cimport CallTracer


cdef class Monitoring:
    cdef CallTracer _tracer
    cdef object _functions
    cdef dict _logs
    cdef Interpreter _interpreter
    cdef object _tool
    cdef bint _tried

    cdef bint _is_ours(self, object code) except -1
