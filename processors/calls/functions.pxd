cdef class Function:
    cdef readonly tuple head
    cdef readonly tuple arguments
    cdef readonly tuple kept
    cdef readonly tuple rebound
    cdef readonly tuple rebound_kept
    cdef readonly frozenset secret
    cdef readonly bint returns_secret
    cdef readonly bint yields
    cdef readonly bint waits
    cdef readonly bytes bytecode
