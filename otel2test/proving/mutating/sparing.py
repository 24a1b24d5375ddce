"""What is never mutated: nobody would assert it, or it doesn't run when the function does."""

import re
from typing import Final

import libcst as cst
from libcst import matchers

_LOGGER: Final = re.compile(r"(?:.*_)?log(?:ger|ging)?", re.IGNORECASE)
_LEVELS: Final = frozenset(
    {"critical", "debug", "error", "exception", "fatal", "info", "log", "warn", "warning"}
)


def is_spared(node: cst.CSTNode) -> bool:
    """Whether neither the node nor anything in it is mutated."""
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Parameters():
            # Defaults and decorators run when the function is made, not when it is called.
            return True
        case cst.FunctionDef(name=cst.Name("__repr__")):
            return True
        case cst.Expr(value=cst.BaseString()):
            return True
        case cst.Raise(exc=cst.CSTNode() as raised):
            return matchers.matches(raised, _NOT_IMPLEMENTED)
        case (cst.Call() as call) | cst.Expr(value=cst.Call() as call):
            return _is_log_call(call)
    return False


def spared_parts(node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """Return the children of a node that are spared because of where they stand."""
    match node:
        case cst.Assert(msg=cst.CSTNode() as message):
            return (message,)
        case cst.Call(func=cst.Name("cast"), args=[kind, *_]):
            return (kind,)
    return ()


_NOT_IMPLEMENTED: Final = matchers.Name("NotImplementedError") | matchers.Call(
    func=matchers.Name("NotImplementedError")
)


def _is_log_call(call: cst.Call) -> bool:
    match call.func:
        case cst.Name("print"):
            return True
        case cst.Attribute(value=cst.Name("warnings"), attr=cst.Name("warn")):
            return True
        case cst.Attribute(value=receiver, attr=cst.Name(level)) if level in _LEVELS:
            return _is_logger(receiver)
    return False


def _is_logger(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(name) | cst.Attribute(attr=cst.Name(name)):
            return _LOGGER.fullmatch(name) is not None
        case cst.Call(func=cst.Name(name) | cst.Attribute(attr=cst.Name(name))):
            return name in {"getLogger", "get_logger", "bind"}
    return False
