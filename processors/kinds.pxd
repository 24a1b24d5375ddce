cdef class Kind:
    cdef readonly object form
    cdef readonly object name
    cdef readonly object plain
    cdef readonly object items
    cdef readonly object size
    cdef readonly object attributes
    cdef readonly object label
    cdef readonly object primary_key
    cdef readonly object raw
    cdef readonly object columns

cpdef Kind kind_of(object cls)
