from otel2test.processors.calls._frames cimport Interpreter
from otel2test.processors.calls.functions cimport Function
from otel2test.processors.calls.tracer cimport CallTracer


cdef class Profiling:
    cdef CallTracer _tracer
    cdef Interpreter _interpreter
    cdef dict _unresolved
    cdef set _thrown
    cdef bint _warned
    cdef bint _watched
    cdef bint _is_open

    cpdef Function _function(self, object frame)
    cpdef _called(self, Function function, object frame)
    cpdef _left(self, Function function, object frame, object value)
