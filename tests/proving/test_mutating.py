"""What is broken in executed lines, and what is not."""

import subprocess
import sys
from collections.abc import Collection

import pytest

from otel2test.errors import UsageError
from otel2test.proving.mutating import Mutant, mutants, sample


def of(source: str, lines: Collection[int] = range(1, 1000)) -> list[Mutant]:
    return mutants("app/views.py", source, lines)


def told(source: str, lines: Collection[int] = range(1, 1000)) -> set[tuple[str, str]]:
    """What was done, and what stands in the body of ``f`` then; the text's first line is ``def f…:``."""
    return {
        (mutant.operator, " ".join(mutant.source.partition("\n")[2].split())) for mutant in of(source, lines)
    }


def body(statements: str) -> str:
    return "def f(a, b, *c, **d):\n" + "".join(f"    {line}\n" for line in statements.split("\n"))


BROKEN: dict[str, set[tuple[str, str]]] = {
    "x = a == b": {("comparison changed", "x = a != b")},
    "x = a < b": {("comparison changed", "x = a <= b")},
    "x = a is not b": {("comparison changed", "x = a is b")},
    "x = a in b": {("comparison changed", "x = a not in b")},
    "x = 1": {("number changed", "x = 2"), ("number changed", "x = 0")},
    "x = 0": {("number changed", "x = 1"), ("number changed", "x = (-1)")},
    "x = True": {("constant flipped", "x = False")},
    "x = 'a'": {("text changed", "x = 'XXaXX'")},
    "x = ''": {("text changed", "x = 'XXXX'")},
    "x = 'saved it'": {("text changed", "x = 'sXXaved it'")},
    r"x = r'\d+ items'": {("text changed", r"x = r'\d+ iXXtems'")},
    r"x = '\tnone'": {("text changed", r"x = '\tnXXone'")},
    "x = '%(name)s <%(mail)s> joined'": {("text changed", "x = '%(name)s <%(mail)s> jXXoined'")},
    "x = '{name} joined'": {("text changed", "x = '{name} jXXoined'")},
    "x = f'{a}!'": {("text changed", "x = f'XX{a}!'")},
    "x = f'{a} items'": {("text changed", "x = f'{a} iXXtems'")},
    "x = a and b": {("and/or swapped", "x = a or b")},
    "x = not a": {("not removed", "x = a")},
    "x = a + b": {("arithmetic changed", "x = a - b")},
    "x += a": {("augmented assignment made plain", "x = a"), ("arithmetic changed", "x -= a")},
    "if a: return": {("condition negated", "if (not (a)): return")},
    "while a.x: a.y = b": {
        ("condition negated", "while (not (a.x)): a.y = b"),
        ("assignment removed", "while a.x: pass"),
    },
    "if not a: return": {("not removed", "if a: return")},
    "if a == b: return": {("comparison changed", "if a != b: return")},
    "x = a if b else c": {("condition negated", "x = a if (not (b)) else c")},
    "x = [y for y in a if y]": {("condition negated", "x = [y for y in a if (not (y))]")},
    "for x in a: break\na()": {
        ("loop left", "for x in a: return a()"),
        ("call removed", "for x in a: break pass"),
    },
    "a.save()": {("call removed", "pass")},
    "a.save(); x = b": {("call removed", "pass; x = b")},
    "x = a()": {("result replaced by None", "x = None")},
    "a.x = b": {("assignment removed", "pass")},
    "a['x'] = b": {("assignment removed", "pass"), ("text changed", "a['XXxXX'] = b")},
    "del a.x": {("deletion removed", "pass")},
    "raise a": {("raise removed", "pass")},
    "return a": {("return changed", "return None")},
    "return a or b": {
        ("return changed", "return None"),
        ("return changed", "return (not (a or b))"),
        ("and/or swapped", "return a and b"),
    },
    "x = lambda: a": {("lambda returns None", "x = lambda: None")},
    "x = a.lower": set(),
    "x = a[b](b)": {("argument set to None", "x = a[b](None)"), ("result replaced by None", "x = None")},
    "a.filter(x=b, y=c)": {
        ("argument dropped", "a.filter(y=c)"),
        ("argument dropped", "a.filter(x=b)"),
        ("call removed", "pass"),
    },
    "a(*c, **d)": {
        ("argument dropped", "a(*c)"),
        ("argument dropped", "a(**d)"),
        ("call removed", "pass"),
    },
    "a.b(b, c)": {
        ("argument dropped", "a.b(b)"),
        ("argument set to None", "a.b(None, c)"),
        ("argument set to None", "a.b(b, None)"),
        ("arguments swapped", "a.b(c, b)"),
        ("call removed", "pass"),
    },
    "x = len(a) + 1": {
        ("arithmetic changed", "x = len(a) - 1"),
        ("number changed", "x = len(a) + 2"),
        ("number changed", "x = len(a) + 0"),
    },
    "x: int = 1": {("number changed", "x: int = 2"), ("number changed", "x: int = 0")},
}


@pytest.mark.parametrize("statement", BROKEN)
def test_what_is_broken(statement: str) -> None:
    assert told(body(statement)) == BROKEN[statement]


SPARED = {
    "docstring": "'''Says what it does.'''",
    "log call": "logger.info('sent %s', len(a) + 1)",
    "log call of an attribute": "self._log.warning('late', extra={'x': 1})",
    "log call of a fresh logger": "logging.getLogger('x').debug('late')",
    "print": "print('sent', 1 + 1)",
    "not implemented": "raise NotImplementedError('later')",
    "annotation": "x: Literal['a', 1] = a",
    "annotation without value": "x: Literal['a', 1]",
    "import": "import os",
    "pass": "pass",
}


@pytest.mark.parametrize("what", SPARED)
def test_what_is_spared(what: str) -> None:
    assert told(body(SPARED[what])) == set()


def test_a_users_message_is_no_log_call() -> None:
    assert ("text changed", "messages.info(a, 'sXXaved')") in told(body("messages.info(a, 'saved')"))


def test_the_text_of_an_assertion_is_spared() -> None:
    assert told(body("assert a == b, 'late'")) == {("comparison changed", "assert a != b, 'late'")}


def test_the_type_of_a_cast_is_spared() -> None:
    assert {operator for operator, _ in told(body("return cast('int', a[1])"))} == {
        "number changed",
        "return changed",
    }


def test_what_runs_at_import_is_spared() -> None:
    source = """
LIMIT = 1 + 1

class Model:
    size = Field(default=1)

    @action(detail=True)
    def f(self, x=1, *, y: int = 2) -> Literal[3]:
        @register("name")
        def g(z=4):
            return x

    def __repr__(self):
        return "Model %d" % 1
"""

    assert [(mutant.function, mutant.operator) for mutant in of(source)] == [("Model.f", "return changed")]


def test_only_executed_lines_are_broken() -> None:
    source = body("if a:\n    x = 1\nelse:\n    x = 2\nreturn x")

    assert {mutant.line for mutant in of(source, [2, 5, 6])} == {2, 5, 6}


def test_a_line_without_code_of_its_own_goes_with_its_statement() -> None:
    source = body("if a:\n    return a(\n        'x'\n        'y'\n    )\nreturn b(\n    'x'\n    'y'\n)")

    assert {(mutant.operator, mutant.line) for mutant in of(source, [2, 3, 4])} == {
        ("condition negated", 2),
        ("return changed", 3),
        ("text changed", 3),
        ("text changed", 4),
    }


def test_lines_outside_of_functions_have_none() -> None:
    assert of("x = 1\nif x == 1:\n    y = 2\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "class C:\n    if True:\n        async def f(self):\n            return 1\n",
        "class C:\n\tdef f(self):\n\t\treturn 1\n",
        "class C:\r\n    def f(self):\r\n        return 1\r\n",
        "def f():\n    def g():\n        return 1\n    return\n",
        "try:\n    pass\nexcept E:\n    def f(): return 1",
        "x = '\x0c\u2028'\ndef f():\n    'é\u2028'\n    return 1\n",
        "def f():\n    match x:\n        case 0:\n            return 1\n",
    ],
    ids=["async", "tabs", "line ends", "nested", "one line", "separators", "match"],
)
def test_the_rest_of_the_file_stays_as_it_is(source: str) -> None:
    found = [mutant for mutant in of(source) if mutant.operator == "return changed"]

    assert [mutant.source for mutant in found] == [source.replace("return 1", "return None")]


def test_a_multi_line_change_keeps_its_indentation() -> None:
    source = "class C:\n    def f(self):\n        return (\n            a or\n            b\n        )\n"

    assert source.replace("a or", "a and") in [mutant.source for mutant in of(source)]


def test_a_dropped_case_leaves_the_others() -> None:
    source = body("match a:\n    case 1:\n        return\n    case _:\n        a()")

    assert ("case dropped", "match a: case _: a()") in told(source)


def test_every_mutant_behaves_differently() -> None:
    source = body("if a == (1):\n    return not b\nx = [1, True]\nreturn a.get('x', None) or x")
    found = of(source)

    behaviours = [compile(mutant.source, "f", "exec").co_consts[0] for mutant in found]
    original = compile(source, "f", "exec").co_consts[0]
    assert len({(code.co_code, repr(code.co_consts), code.co_names) for code in [original, *behaviours]}) == (
        len(found) + 1
    )


def test_what_is_equal_to_the_original_is_none() -> None:
    assert told(body("a(None, None)")) == {("argument dropped", "a(None)"), ("call removed", "pass")}


def test_a_mutant_is_shown_as_a_diff() -> None:
    mutant = next(m for m in of(body("x = 1\ny = 2\nz = a + b\nreturn x")) if m.line == 4)

    assert mutant.diff == (
        "--- app/views.py\n+++ app/views.py\n@@ -2,4 +2,4 @@\n"
        "     x = 1\n     y = 2\n-    z = a + b\n+    z = a - b\n     return x\n"
    )


def test_a_diff_of_fewer_lines_counts_them() -> None:
    mutant = next(m for m in of(body("a(\n    b\n)")) if m.operator == "call removed")

    assert mutant.diff == (
        "--- app/views.py\n+++ app/views.py\n@@ -1,4 +1,2 @@\n"
        " def f(a, b, *c, **d):\n-    a(\n-        b\n-    )\n+    pass\n"
    )


def test_an_id_stays_when_other_functions_change() -> None:
    source = body("x = 1\nx = 1\nreturn a")
    elsewhere = "def g():\n    return 3\n\n\n" + source

    before = {(mutant.id, mutant.operator) for mutant in of(source)}
    after = {(mutant.id, mutant.operator) for mutant in of(elsewhere) if mutant.function == "f"}
    assert before == after
    assert len({mutant.id for mutant in of(source)}) == len(of(source))


def test_the_order_is_that_of_the_text() -> None:
    source = "def g():\n    return 1\n\ndef f(a):\n    x = a + 1\n    return x\n"

    assert of(source) == of(source)
    assert [mutant.line for mutant in of(source)] == sorted(mutant.line for mutant in of(source))


def test_a_text_that_is_no_python_has_none() -> None:
    assert of("def f(:\n    return 1\n") == []
    assert of("def f():\n    return '\0'\n") == []


def test_a_sample_spreads_over_the_lines() -> None:
    many = of(body("x = a(1, 2, 3, b, c, d)\ny = 1\nz = 2\nreturn x"))
    chosen = sample(many, 4, seed=1)

    assert len(many) > 10
    assert {mutant.line for mutant in chosen} == {2, 3, 4, 5}
    assert chosen == [mutant for mutant in many if mutant in chosen]
    assert chosen == sample(many, 4, seed=1)
    assert chosen != sample(many, 4, seed=2)
    assert sample(many, len(many), seed=1) == many


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("otel2test.proving.mutating.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "libcst", None)

    with pytest.raises(UsageError, match=r"libcst.*otel2test\[prove\]"):
        mutants("f.py", "", [])


def test_what_mutates_is_imported_when_it_is_needed() -> None:
    program = (
        "import otel2test.proving.mutating, sys; print('libcst' in sys.modules, 'mutmut' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
