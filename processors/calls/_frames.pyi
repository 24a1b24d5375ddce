from . import frames

UNBOUND: object

class Interpreter(frames.Interpreter): ...

def set_profile(event: frames.Event, functions: object, foreign: object, waiting: object) -> None: ...
