cdef class Function:
    cdef readonly tuple head
    cdef readonly tuple arguments
    cdef readonly tuple kept
    cdef readonly tuple rebound
    cdef readonly tuple rebound_kept
    cdef readonly tuple argument_places
    cdef readonly tuple kept_places
    cdef readonly tuple secret_arguments
    cdef readonly tuple secret_kept
    cdef readonly bint returns_secret
    cdef readonly bint yields
    cdef readonly bint waits
    cdef readonly bytes bytecode
