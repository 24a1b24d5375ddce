"""What can be broken: for a node of the syntax tree, what may stand in its place.

Operators that change one node come from mutmut. Those here remove, negate and swap: what makes a
request do less than it did, or the opposite.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, Final, TypeAlias

import libcst as cst
from libcst import matchers
from mutmut.mutation import mutators

Change: TypeAlias = tuple[str, cst.CSTNode, cst.CSTNode]
"""What was done, in words; the node; what stands in its place."""

_UNTOUCHED_ARGUMENTS: Final = frozenset({"cast", "isinstance", "issubclass", "len", "super"})
"""Calls whose arguments, if changed, do nothing at all or fail at once, whatever a test asserts."""
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_PLACEHOLDER: Final = re.compile(
    r"\\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|.)|%(?:\([^)]*\))?[-#0 +]*[\d*]*(?:\.\d+)?[a-zA-Z]|\{[^}]*\}", re.DOTALL
)


def changes(node: cst.CSTNode) -> Iterator[Change]:
    """Yield every way in which one node is broken; its children have ways of their own."""
    for borrowed in _BORROWED:
        if isinstance(node, borrowed.kind):
            yield from ((borrowed.name, node, new) for new in borrowed.operator(node))
    for kind, operator in _OWN:
        if isinstance(node, kind):
            yield from operator(node)


@dataclass(frozen=True, slots=True)
class _Borrowed:
    name: str
    kind: type[Any]
    operator: Callable[..., Iterable[cst.CSTNode]]


def _calls_result(node: cst.Assign | cst.AnnAssign) -> Iterator[cst.CSTNode]:
    if isinstance(node.value, cst.Call | cst.Await):
        yield from mutators.operator_assignment(node)


def _swapped_operator(*kinds: type[Any]) -> Callable[[cst.CSTNode], Iterator[cst.CSTNode]]:
    def swap(node: Any) -> Iterator[cst.CSTNode]:
        if isinstance(node, kinds):
            new: Any
            for new in mutators.operator_swap_op(node):
                yield new.with_changes(operator=_spaced_as(node.operator, new.operator))

    return swap


def _keyword(*kinds: type[Any]) -> Callable[[cst.CSTNode], Iterator[cst.CSTNode]]:
    def change(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if isinstance(node, kinds):
            yield from (_spaced_as(node, new) for new in mutators.operator_keywords(node))

    return change


def _spaced_as(old: cst.CSTNode, new: cst.CSTNode) -> cst.CSTNode:
    """Give an operator the spaces and line breaks that stood around another one."""
    names = ("whitespace_before", "whitespace_after")
    return new.with_changes(
        **{name: getattr(old, name) for name in names if hasattr(old, name) and hasattr(new, name)}
    )


_BORROWED: Final = (
    _Borrowed("number changed", cst.BaseNumber, mutators.operator_number),
    _Borrowed("constant flipped", cst.Name, mutators.operator_name),
    _Borrowed("result replaced by None", cst.Assign, _calls_result),
    _Borrowed("result replaced by None", cst.AnnAssign, _calls_result),
    _Borrowed("augmented assignment made plain", cst.AugAssign, mutators.operator_augmented_assignment),
    _Borrowed("not removed", cst.UnaryOperation, mutators.operator_remove_unary_ops),
    _Borrowed("keyword renamed", cst.Call, mutators.operator_dict_arguments),
    _Borrowed("opposite method", cst.Call, mutators.operator_symmetric_string_methods_swap),
    _Borrowed("opposite method", cst.Call, mutators.operator_unsymmetrical_string_methods_swap),
    _Borrowed("lambda returns None", cst.Lambda, mutators.operator_lambda),
    _Borrowed("comparison changed", cst.CSTNode, _keyword(cst.Is, cst.IsNot, cst.In, cst.NotIn)),
    _Borrowed("comparison changed", cst.CSTNode, _swapped_operator(cst.ComparisonTarget)),
    _Borrowed("loop left", cst.CSTNode, _keyword(cst.Break, cst.Continue)),
    _Borrowed("and/or swapped", cst.CSTNode, _swapped_operator(cst.BooleanOperation)),
    _Borrowed(
        "arithmetic changed",
        cst.CSTNode,
        _swapped_operator(cst.BinaryOperation, cst.UnaryOperation, cst.AugAssign),
    ),
    _Borrowed("case dropped", cst.Match, mutators.operator_match),
)


def _negated(test: cst.BaseExpression) -> Iterator[Change]:
    """Negate a condition, unless another operator comes to the same."""
    if matchers.matches(test, matchers.UnaryOperation(operator=matchers.Not())):
        return
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        opposites = (cst.Equal, cst.NotEqual, cst.Is, cst.IsNot, cst.In, cst.NotIn)
        if isinstance(test.comparisons[0].operator, opposites):
            return
    yield "condition negated", test, _not(test)


def _not(test: cst.BaseExpression) -> cst.UnaryOperation:
    inner = test if test.lpar else test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(cst.Not(), inner, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _condition(node: cst.If | cst.While | cst.IfExp | cst.CompIf) -> Iterator[Change]:
    yield from _negated(node.test)


def _smaller_number(node: cst.Integer | cst.Float) -> Iterator[Change]:
    value = node.evaluated_value - 1
    new: cst.BaseExpression = node.with_changes(value=repr(abs(value)))
    if value < 0:
        new = cst.UnaryOperation(cst.Minus(), new, lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield "number changed", node, new


def _text(node: cst.SimpleString) -> Iterator[Change]:
    text = _broken(node.raw_value)
    if text is None:
        yield from (("text changed", node, new) for new in islice(mutators.operator_string(node), 1))
    else:
        yield "text changed", node, node.with_changes(value=f"{node.prefix}{node.quote}{text}{node.quote}")


def _formatted_text(node: cst.FormattedString) -> Iterator[Change]:
    for number, part in enumerate(node.parts):
        if isinstance(part, cst.FormattedStringText) and (text := _broken(part.value)):
            parts = [*node.parts[:number], part.with_changes(value=text), *node.parts[number + 1 :]]
            yield "text changed", node, node.with_changes(parts=parts)
            return
    yield "text changed", node, node.with_changes(parts=[cst.FormattedStringText("XX"), *node.parts])


def _broken(text: str) -> str | None:
    """Break the first word of a literal: a text that still held the old one could pass for it.

    Escapes and placeholders stay as they are, as a text that can't be formatted fails at once.
    """
    word = _WORD.search(_PLACEHOLDER.sub(lambda match: " " * len(match[0]), text))
    return None if word is None else f"{text[: word.start() + 1]}XX{text[word.start() + 1 :]}"


def _statement(node: cst.Expr) -> Iterator[Change]:
    if isinstance(node.value, cst.Call) or matchers.matches(
        node.value, matchers.Await(expression=matchers.Call())
    ):
        yield "call removed", node, cst.Pass(semicolon=node.semicolon)


def _raise(node: cst.Raise) -> Iterator[Change]:
    yield "raise removed", node, cst.Pass(semicolon=node.semicolon)


def _deletion(node: cst.Del) -> Iterator[Change]:
    if isinstance(node.target, cst.Attribute | cst.Subscript):
        yield "deletion removed", node, cst.Pass(semicolon=node.semicolon)


def _assignment(node: cst.Assign | cst.AugAssign | cst.AnnAssign) -> Iterator[Change]:
    """Remove what sets an attribute or an item; of a name that isn't set, every test would learn."""
    targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else [node.target]
    if node.value is not None and all(
        isinstance(target, cst.Attribute | cst.Subscript) for target in targets
    ):
        yield "assignment removed", node, cst.Pass(semicolon=node.semicolon)


def _return(node: cst.Return) -> Iterator[Change]:
    value = node.value
    if value is None or _is_none(value):
        return
    yield "return changed", node, cst.Return(cst.Name("None"), semicolon=node.semicolon)
    if isinstance(value, cst.BooleanOperation | cst.Comparison):
        yield from (("return changed", old, new) for _, old, new in _negated(value))


def _arguments(node: cst.Call) -> Iterator[Change]:
    called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    if isinstance(called, cst.Name) and called.value in _UNTOUCHED_ARGUMENTS:
        return
    positional = [argument for argument in node.args if argument.keyword is None and not argument.star]
    for number, argument in enumerate(node.args):
        if argument not in positional:
            yield "argument dropped", node, _without(node, number)
        elif not isinstance(argument.value, cst.BaseNumber | cst.BaseString) and not _is_none(argument.value):
            changed = argument.with_changes(value=cst.Name("None"))
            yield "argument set to None", node, _with_arguments(node, number, changed)
    if 1 < len(positional) == len(node.args):
        # A last argument may have a default; one before it would only shift the rest.
        yield "argument dropped", node, _without(node, len(positional) - 1)
    for number, (first, second) in enumerate(pairwise(node.args)):
        if first in positional and second in positional:
            swapped = first.with_changes(value=second.value), second.with_changes(value=first.value)
            yield "arguments swapped", node, _with_arguments(node, number, *swapped)


def _with_arguments(node: cst.Call, number: int, *arguments: cst.Arg) -> cst.Call:
    """Put arguments in place of as many, from one on."""
    return node.with_changes(args=[*node.args[:number], *arguments, *node.args[number + len(arguments) :]])


def _without(node: cst.Call, number: int) -> cst.Call:
    arguments = [*node.args[:number], *node.args[number + 1 :]]
    if arguments:
        # What stood behind the last argument, a comma or none, stands behind the new last one.
        arguments[-1] = arguments[-1].with_changes(comma=node.args[-1].comma)
    return node.with_changes(args=arguments)


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


_OWN: Final[tuple[tuple[type[Any] | tuple[type[Any], ...], Callable[..., Iterator[Change]]], ...]] = (
    ((cst.If, cst.While, cst.IfExp, cst.CompIf), _condition),
    ((cst.Integer, cst.Float), _smaller_number),
    (cst.SimpleString, _text),
    (cst.FormattedString, _formatted_text),
    (cst.Expr, _statement),
    (cst.Raise, _raise),
    (cst.Del, _deletion),
    ((cst.Assign, cst.AugAssign, cst.AnnAssign), _assignment),
    (cst.Return, _return),
    (cst.Call, _arguments),
)
