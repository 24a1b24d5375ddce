"""The command line: what is printed where, and with which exit code the command ends."""

import ast
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from otel2test import __version__, cli
from otel2test.errors import Otel2testError, Problem, ProjectError, UsageError
from otel2test.pipeline import checks, proofs
from otel2test.pipeline.claims import Options
from otel2test.proving.checking import Check, Checked
from otel2test.proving.verdicts import Report, Verdict
from tests.inverting.shop import SHOP, TODO, select
from tests.recordings import lines, query, recorded, request, view

ROW = {"id": 50, "title": "Milk", "done": 0, "votes": 0, "made": "2020-01-01 00:00:00"}
INDEX = recorded(request("GET", "/", select(TODO, ROW), schema=SHOP, view=view("index")), trace_id="a1" * 16)
ABOUT = recorded(request("GET", "/about/", view=view("about")), trace_id="b2" * 16)


@pytest.fixture
def spans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of two requests, in a folder without settings that is the current one."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spans.jsonl"
    path.write_bytes(lines(INDEX, ABOUT))
    return path


class Ended:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def tests(self) -> list[str]:
        return [node.name for node in ast.walk(ast.parse(self.out)) if isinstance(node, ast.FunctionDef)]


def otel2test(*arguments: object, stdin: bytes = b"") -> Ended:
    """Run the command in this process, errors turned into exit codes as ``main`` does."""
    result = CliRunner().invoke(cli.app, [str(item) for item in arguments], input=stdin)
    if isinstance(result.exception, Otel2testError):
        codes = {UsageError: cli.USAGE, ProjectError: cli.NOT_STARTED}
        code = codes.get(type(result.exception), cli.LEFT_OUT)
        return Ended(code, result.stdout, f"error: {result.exception}")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def process(*arguments: object, stdin: bytes = b"", **environ: str) -> Ended:
    """Run the command as a user would."""
    done = subprocess.run(
        [sys.executable, "-m", "otel2test", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, **environ},
        timeout=60,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


# --- gen ------------------------------------------------------------------------------------


def test_gen_prints_a_module(spans: Path) -> None:
    ended = otel2test("gen", spans)

    assert (ended.code, ended.err) == (0, "")
    assert len(ended.tests) == 2


def test_gen_writes_a_file(spans: Path, tmp_path: Path) -> None:
    printed = otel2test("gen", spans)
    ended = otel2test("gen", spans, "-o", tmp_path / "new" / "test_it.py")

    assert (ended.code, ended.out) == (0, "")
    assert (tmp_path / "new" / "test_it.py").read_text(encoding="utf-8") == printed.out


def test_gen_writes_over_a_file(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("old")

    assert otel2test("gen", spans, "--output", tmp_path / "test_it.py").code == 0
    assert "old" not in (tmp_path / "test_it.py").read_text(encoding="utf-8")


def test_gen_that_cannot_write_says_where(spans: Path, tmp_path: Path) -> None:
    ended = otel2test("gen", spans, "-o", spans / "test_x.py")

    assert ended.code == 2
    assert ended.err == f"error: {spans / 'test_x.py'}: can't be written: File exists; choose another place"


def test_gen_reads_standard_input() -> None:
    ended = process("gen", "-", stdin=lines(INDEX))

    assert (ended.code, ended.err) == (0, "")
    assert len(ended.tests) == 1


def test_gen_reads_folders_and_several_files(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.json").write_bytes(recorded(request("GET", "/x/"), trace_id="c3" * 16).line())

    assert len(otel2test("gen", spans, tmp_path / "more").tests) == 3


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        (["--trace", "a1a1"], 1),
        (["--trace", "A1A1"], 1),
        (["--trace", "a1" * 16], 1),
        (["--trace", "a1", "--trace", "b2"], 2),
        (["--trace", "a1", "--trace", "a1a1"], 1),
    ],
)
def test_traces_are_chosen_by_how_they_begin(spans: Path, chosen: Sequence[str], number: int) -> None:
    ended = otel2test("gen", spans, *chosen)

    assert (ended.code, len(ended.tests)) == (0, number)


@pytest.mark.parametrize("command", ["gen", "show"])
def test_a_trace_that_is_not_there(spans: Path, command: str) -> None:
    ended = otel2test(command, spans, "--trace", "a1", "--trace", "ffff")

    assert ended.code == 1
    assert ended.out
    assert ended.err == (
        "warning: --trace: no trace begins with ffff; otel2test list FILE shows those that are there\n"
    )


def test_only_a_trace_that_is_not_there(spans: Path) -> None:
    ended = otel2test("gen", spans, "--trace", "ffff")

    assert (ended.code, ended.out) == (1, "")


@pytest.mark.parametrize(
    ("framework", "word"), [("pytest", "\ndef test_"), ("unittest", "class ShopTests(TestCase)")]
)
def test_frameworks(spans: Path, framework: str, word: str) -> None:
    assert word in otel2test("gen", spans, "--framework", framework).out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["--framework", "nose"],
            "error: command line: unknown framework 'nose'; use one of pytest, unittest",
        ),
        (
            ["--test-name", "a b"],
            "error: command line: test_name is 'a b'; use a name that Python allows",
        ),
        (
            ["--test-class", "1st"],
            "error: command line: test_class is '1st'; use a name that Python allows",
        ),
    ],
)
def test_options_that_make_no_sense(spans: Path, arguments: Sequence[str], error: str) -> None:
    ended = otel2test("gen", spans, *arguments)

    assert (ended.code, ended.out, ended.err) == (2, "", error)


def test_names_of_the_users_own(spans: Path) -> None:
    ended = otel2test(
        "gen", spans, "--framework", "unittest", "--test-name", "it_works", "--test-class", "Mine"
    )

    assert ended.tests == ["test_it_works", "test_it_works_2"]
    assert "class Mine(TestCase):" in ended.out


def test_the_projects_settings_and_the_command_line(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.otel2test]\nframework = "unittest"\n')

    assert "class ShopTests" in otel2test("gen", spans).out
    assert "class ShopTests" not in otel2test("gen", spans, "--framework", "pytest").out


def test_settings_that_make_no_sense(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.otel2test]\ncolour = 1\n")

    ended = otel2test("gen", spans)

    assert ended.code == 2
    assert "pyproject.toml, [tool.otel2test]: unknown setting 'colour'" in ended.err


def test_what_was_not_inverted_is_told(spans: Path) -> None:
    spans.write_bytes(recorded(request("GET", "/", query("CALL x()"), schema=SHOP)).line())

    ended = otel2test("gen", spans)

    assert ended.code == 0
    assert ended.err.startswith("note: test_index_")
    assert "CALL x()" in ended.err


# --- bad input, for every command that reads ------------------------------------------------

reading = pytest.mark.parametrize("command", ["gen", "list", "show"])


@reading
def test_a_file_that_is_not_there(spans: Path, command: str) -> None:
    ended = otel2test(command, spans.with_name("gone.jsonl"))

    assert ended.code == 1
    assert "gone.jsonl: " in ended.err


@reading
@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"not json",
        lines(ABOUT)[:200],
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}',
    ],
    ids=["brace", "text", "cut off", "no trace id"],
)
def test_a_bad_line_among_good_ones_is_named(spans: Path, command: str, line: bytes) -> None:
    spans.write_bytes(lines(INDEX) + line + b"\n" + lines(ABOUT))

    ended = otel2test(command, spans)

    assert ended.code == 1
    assert f"warning: {spans}:2: " in ended.err
    where, _, remedy = ended.err.splitlines()[0].removeprefix("warning: ").partition("; ")
    assert where
    assert remedy
    assert "about" in ended.out


def test_a_trace_with_no_request_is_named(spans: Path) -> None:
    spans.write_bytes(recorded(query("SELECT 1")).line() + lines(INDEX))

    ended = otel2test("gen", spans)

    assert ended.code == 1
    assert f"{spans}:1" in ended.err
    assert len(ended.tests) == 1


@reading
def test_nothing_to_read(command: str) -> None:
    ended = otel2test(command)

    assert ended.code == 2
    assert "FILE" in ended.err


# --- list and show --------------------------------------------------------------------------


def test_list(spans: Path) -> None:
    ended = otel2test("list", spans)

    assert ended.code == 0
    assert "/about/" in ended.out


def test_list_as_json(spans: Path) -> None:
    rows = json.loads(otel2test("list", spans, "--json").out)

    assert len(rows) == 2


def test_show(spans: Path) -> None:
    ended = otel2test("show", spans, "--trace", "a1")

    assert ended.code == 0
    assert "Milk" in ended.out
    assert "/about/" not in ended.out


# --- prove and check ------------------------------------------------------------------------

LOST = Problem("tests", "its recordings are not there", "say where they are: --recording FILE")
PROVEN = Verdict("test_a.py", "test_a", "proven", fidelity=1.0)
FAILING = Verdict("test_a.py", "test_b", "failing", reason="AssertionError: 3 != 2")
BROKEN = Check("test_a.py", "test_b", "changed", ("response",), "AssertionError: 3 != 2")


class Stage:
    """Stands for what proves and checks: keeps what it is asked, and answers with verdicts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.verdicts: tuple[Verdict, ...] = (PROVEN,)
        self.checks: tuple[Check, ...] = (Check("test_a.py", "test_a", "holds"),)
        self.problems: tuple[Problem, ...] = ()
        self.error: BaseException | None = None
        self.asked: list[object] = []
        monkeypatch.setattr(proofs, "prove_folder", self._prove)
        monkeypatch.setattr(proofs, "prove_recorded", self._prove)
        monkeypatch.setattr(checks, "check_folder", self._check)

    @property
    def options(self) -> Options:
        [options] = [item for item in self.asked if isinstance(item, Options)]
        return options

    def _prove(self, *asked: object) -> proofs.Proven:
        self._hear(asked)
        return proofs.Proven(Report(self.verdicts), self.problems)

    def _check(self, *asked: object, accept: bool) -> checks.Result:
        self._hear((*asked, accept))
        return checks.Result(Checked(self.checks), self.problems)

    def _hear(self, asked: Sequence[object]) -> None:
        self.asked = [*asked]
        watch = asked[-1] if not isinstance(asked[-1], bool) else asked[-2]
        watch("replaying", 0, 2)  # type: ignore[operator]
        watch.note("the cache is one in memory")  # type: ignore[attr-defined]
        if self.error is not None:
            raise self.error


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def proving(spans: Path) -> list[list[object]]:
    """Return the commands that prove, as a user types them."""
    tests = spans.parent / "tests"
    tests.mkdir()
    return [["prove", tests], ["check", tests], ["gen", spans, "-o", tests, "--prove"]]


def test_all_that_holds_is_zero(spans: Path, stage: Stage) -> None:
    for command in proving(spans):
        ended = otel2test(*command)

        assert (ended.code, ended.err) == (0, "replaying (2)\nnote: the cache is one in memory\n")
        assert "test_a.py::test_a" in ended.out


def test_what_does_not_hold_is_one(spans: Path, stage: Stage) -> None:
    stage.verdicts, stage.checks = (PROVEN, FAILING), (BROKEN,)

    for command in proving(spans):
        ended = otel2test(*command)

        assert ended.code == 1
        assert "test_b: AssertionError: 3 != 2" in ended.out


def test_a_warning_is_one_too(spans: Path, stage: Stage) -> None:
    stage.problems = (LOST,)

    for command in proving(spans):
        ended = otel2test(*command)

        assert ended.code == 1
        assert ended.err.endswith(f"warning: {LOST}\n")


def test_a_project_that_cannot_start_is_three(spans: Path, stage: Stage) -> None:
    stage.error = ProjectError("shop.settings", "no such module", "name the settings with --settings")

    for command in proving(spans):
        ended = otel2test(*command)

        assert (ended.code, ended.out) == (3, "")
        assert ended.err == f"error: {stage.error}"


def test_ctrl_c_is_130(spans: Path, stage: Stage) -> None:
    stage.error = KeyboardInterrupt()

    for command in proving(spans):
        ended = otel2test(*command)

        assert (ended.code, ended.out) == (130, "")
        assert ended.err.endswith("stopped; the same command goes on from here\n")


def test_json_and_junit(spans: Path, stage: Stage, tmp_path: Path) -> None:
    for command in proving(spans):
        ended = otel2test(*command, "--json", "--junit", tmp_path / "out" / "report.xml")

        [test] = json.loads(ended.out)["tests"]
        assert test["name"] == "test_a"
        assert 'classname="test_a"' in (tmp_path / "out" / "report.xml").read_text(encoding="utf-8")


def test_options_reach_the_prover(spans: Path, stage: Stage) -> None:
    prove, check, gen = proving(spans)
    running = ("--jobs", 3, "--time-limit", 5, "--memory-limit", 64, "--python", "p", "--settings", "s")
    given = Options("p", "s", 3, 5.0, 64)

    assert otel2test(*check, *running).code == 0
    assert stage.options == given
    for command in (prove, gen):
        assert otel2test(*command, *running, "--strengthen", "--mutants", 9, "--fresh").code == 0
        assert stage.options == replace(given, mutate=True, strengthen=True, mutants=9, fresh=True)


def test_one_module_of_a_folder(spans: Path, stage: Stage) -> None:
    module = spans.parent / "test_a.py"
    module.touch()

    assert otel2test("prove", module).code == 0
    assert stage.asked[:2] == [spans.parent, ("test_a.py",)]


def test_options_of_proving_alone_make_no_sense(spans: Path) -> None:
    ended = otel2test("gen", spans, "--jobs", 3)

    assert (ended.code, ended.out) == (2, "")
    assert "--prove" in ended.err


def test_proving_needs_a_folder(spans: Path) -> None:
    ended = otel2test("gen", spans, "--prove", "-o", spans.parent / "test_a.py")

    assert ended.code == 2
    assert "give -o the name of a folder" in ended.err


def test_tests_that_are_not_there(spans: Path) -> None:
    ended = otel2test("prove", spans.parent / "gone")

    assert ended.code == 2
    assert "gone: isn't there" in ended.err


def test_no_project(spans: Path, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n", encoding="utf-8")
    ended = process("prove", tmp_path / "test_a.py", DJANGO_SETTINGS_MODULE="")

    assert (ended.code, ended.out) == (3, "")
    assert "no manage.py" in ended.err
    assert "--settings" in ended.err


# --- the rest -------------------------------------------------------------------------------


def test_version() -> None:
    assert otel2test("--version").out == f"otel2test {__version__}\n"


@pytest.mark.parametrize("command", [[], ["gen"], ["list"], ["show"], ["run"], ["prove"], ["check"]])
def test_help(command: Sequence[str]) -> None:
    ended = otel2test(*command, "--help")

    assert ended.code == 0
    assert "Usage:" in ended.out
    assert all(
        name in ended.out
        for name in (command or ["gen", "list", "show", "run", "prove", "check", "Exit codes"])
    )


def test_help_of_gen_names_every_option() -> None:
    ended = otel2test("gen", "--help")

    for option in ("--trace", "--output", "-o", "--framework", "--test-name", "--test-class"):
        assert option in ended.out


@pytest.mark.parametrize("arguments", [["nonsense"], ["gen", "--nonsense", "x"], ["gen", "x", "--trace"]])
def test_arguments_that_nobody_knows(arguments: Sequence[str]) -> None:
    ended = otel2test(*arguments)

    assert ended.code == 2
    assert ended.err


def test_run_needs_a_program_that_exists() -> None:
    ended = process("run", "--", "no-such-program-anywhere")

    assert ended.code == 2
    assert ended.err == (
        "error: otel2test run: no-such-program-anywhere: no such program; "
        "check its name, or give its whole path\n"
    )


# --- as a process ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "beginning"),
    [
        (["gen", "spans.jsonl"], 0, ""),
        (["gen", "spans.jsonl", "--trace", "ffff"], 1, "warning: --trace: "),
        (["gen", "spans.jsonl", "--framework", "nose"], 2, "error: command line: "),
        (["gen", "gone.jsonl"], 1, "warning: gone.jsonl: "),
        (["list", "spans.jsonl"], 0, ""),
    ],
)
def test_exit_codes(spans: Path, arguments: Sequence[str], code: int, beginning: str) -> None:
    ended = process(*arguments)

    assert ended.code == code
    assert ended.err.startswith(beginning)
    assert bool(ended.err) is bool(beginning)
    assert ended.err.count("\n") == bool(beginning)


def test_output_is_utf_8_whatever_the_terminal_speaks(spans: Path) -> None:
    spans.write_bytes(
        recorded(
            request("GET", "/", select(TODO, {**ROW, "title": "Größe \N{PILE OF POO}"}), schema=SHOP)
        ).line()
    )

    ended = process("gen", spans, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")

    assert (ended.code, ended.err) == (0, "")
    assert "Größe \N{PILE OF POO}" in ended.out


def test_a_closed_pipe_is_no_traceback(spans: Path) -> None:
    spans.write_bytes(
        lines(*(recorded(request("GET", f"/{n}/"), trace_id=f"{n:032x}") for n in range(1, 400)))
    )
    with subprocess.Popen(
        [sys.executable, "-m", "otel2test", "list", str(spans)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        reader.stdout.close()
        err = reader.stderr.read()

    assert b"Traceback" not in err


def test_help_needs_nothing_heavy() -> None:
    program = (
        "import sys\nfrom otel2test.cli import main\nsys.argv = ['otel2test', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'sqlglot', 'jinja2', 'django', 'opentelemetry'}\n"
        "print(sorted(heavy & {*sys.modules}), file=sys.stderr)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)

    assert done.stderr == "[]\n"


def test_standard_input_is_bytes() -> None:
    assert otel2test("list", "-", stdin=io.BytesIO(lines(INDEX)).getvalue()).code == 0


def test_gen_explains_instead_of_printing_the_tests(spans: Path) -> None:
    ended = otel2test("gen", spans, "--explain")

    assert ended.code == 0
    assert "← told by" not in ended.out.splitlines()[0]
    assert "told by query 1" in ended.out
    assert "import pytest" not in ended.out


def test_gen_explains_beside_the_file(spans: Path, tmp_path: Path) -> None:
    ended = otel2test("gen", spans, "--explain", "-o", tmp_path / "test_shop.py")

    assert "told by query 1" in ended.out
    assert "import pytest" in (tmp_path / "test_shop.py").read_text(encoding="utf-8")


def test_gen_counts_queries_if_asked(spans: Path) -> None:
    assert "django_assert_num_queries(1)" in otel2test("gen", spans, "--assert-queries").out
    assert "django_assert_num_queries" not in otel2test("gen", spans).out
