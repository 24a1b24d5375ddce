from otel2test.processors.kinds cimport Kind

cdef class _Snapshot


cpdef object snapshot(object value)
cpdef object _list(_Snapshot walk, object value, Kind kind, long depth)
cpdef object _tuple(_Snapshot walk, object value, Kind kind, long depth)
cpdef object _dict(_Snapshot walk, object value, Kind kind, long depth)
cpdef object _object(_Snapshot walk, object value, Kind kind, long depth)
cpdef object _model(_Snapshot walk, object value, Kind kind, long depth)
cpdef object _whole(object value, Kind kind, object wire)

cdef class _Snapshot:
    cdef long _parts
    cdef set _inside

    cpdef object of(self, object value, long depth)
    cpdef object _container(self, object value, Kind kind, long depth)
    cpdef list items(self, object values, long depth)
    cpdef object named(self, object name, object value, long depth)
