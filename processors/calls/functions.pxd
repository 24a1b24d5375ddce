cdef class Function:
    cdef readonly bytes head
    cdef readonly tuple arguments
    cdef readonly tuple kept
    cdef readonly frozenset rebound
    cdef readonly frozenset secret
    cdef readonly bint returns_secret
    cdef readonly bint yields
    cdef readonly bint waits
    cdef readonly bytes bytecode
