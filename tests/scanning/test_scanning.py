"""The scan finds what a recorder left in, says where, and knows every recorder's pseudonyms."""

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from otel2test import cli
from otel2test.errors import UsageError
from otel2test.processors.redaction import Redactor
from otel2test.scanning import scan
from tests.secrets.corpus import SECRETS, Secret, leaks

each_secret = pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.kind)
REDACTOR = Redactor(b"a key that nobody else has")


def recording(attributes: dict[str, Any]) -> bytes:
    """Return one line of a recording: one span with these attributes."""
    items = [
        {"key": key, "value": {"stringValue": value if isinstance(value, str) else json.dumps(value)}}
        for key, value in attributes.items()
    ]
    span = {"traceId": "a1" * 16, "spanId": "b2" * 8, "name": "GET /", "attributes": items}
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode() + b"\n"


def in_base64(text: str) -> str:
    return base64.b64encode(f"password={json.dumps(text, ensure_ascii=False)}".encode()).decode()


def everywhere(text: str) -> dict[str, Any]:
    """Return attributes that have ``text`` in the usual places."""
    return {
        "app.token": text,
        "otel2test.http.request": {
            "headers": [["X-Api-Key", text]],
            "body": {"kind": "json", "text": json.dumps({"a": [{"password": text}]})},
        },
        "otel2test.http.response.body": json.dumps({"a": [{"password": text}]}),
        "otel2test.http.outbound.body": f"<p>password={json.dumps(text, ensure_ascii=False)}</p>",
        "otel2test.db.query": {"columns": ["id", "password"], "rows": [[1, text]]},
        "otel2test.calls": [
            {"arguments": {"user": {"$object": {"type": "a.B", "attributes": {"token": text}}}}}
        ],
        "otel2test.files": [{"name": "a", "content": in_base64(text)}],
    }


@pytest.mark.parametrize(
    "column",
    [
        ["pA55-word-1234", None],
        {"cells": ["pA55-word-1234"]},
        {"cells": [in_base64("pA55-word-1234"), None], "tag": "$bytes"},
    ],
)
def test_a_secret_in_a_column_is_found(tmp_path: Path, column: object) -> None:
    file = tmp_path / "spans.json"
    file.write_bytes(
        recording({"otel2test.db.query": {"columns": ["id", "password"], "cells": [[1, 2], column]}})
    )
    findings = scan([str(file)], {}).findings
    assert any("password" in finding.where for finding in findings), findings


@pytest.mark.parametrize(
    "sources",
    [
        [{"model": "a.B", "fields": ["id", "password"]}],
        [{"field": "id"}, {"annotation": "password"}],
        [{"model": "a.B", "field": "id"}, {"model": "a.B", "field": "password"}],
    ],
)
def test_columns_are_known_by_their_sources(tmp_path: Path, sources: object) -> None:
    file = tmp_path / "spans.json"
    file.write_bytes(recording({"otel2test.db.query": {"sources": sources, "rows": [[1, "pA55-word-1234"]]}}))
    (finding,) = scan([str(file)], {}).findings
    assert finding.where.endswith("password")


@each_secret
def test_a_secret_in_a_recording_is_found_wherever_it_stands(tmp_path: Path, secret: Secret) -> None:
    file = tmp_path / "spans.json"
    for key, value in everywhere(secret.text).items():
        if secret.kind == "passphrase" and key.endswith("files"):
            continue  # in a text, words after a name may be prose
        file.write_bytes(recording({key: value}))
        findings = scan([str(file)], {}).findings
        assert findings, key
        assert findings[0].where.startswith(f"{file}:1, trace {'a1' * 16}, span {'b2' * 8}, {key}")
        assert leaks(secret, str(findings).encode()) == []


@each_secret
def test_a_pseudonym_is_no_finding(tmp_path: Path, secret: Secret) -> None:
    made = REDACTOR.secret(secret.text)
    (tmp_path / "spans.json").write_bytes(recording(everywhere(made)))
    shown = Redactor(b"k").redact_text(secret.text) if secret.shows else f"password = {made!r}"
    (tmp_path / "test_shop.py").write_text(
        f"def test():\n    text = {shown!r}\n    assert {made!r} in text\n"
    )

    assert [str(finding) for finding in scan([str(tmp_path)], {}).findings] == []


@pytest.mark.parametrize(
    "secret", [secret for secret in SECRETS if secret.shows], ids=lambda secret: secret.kind
)
def test_a_secret_in_a_test_is_found_with_its_line(tmp_path: Path, secret: Secret) -> None:
    file = tmp_path / "deep" / "test_shop.py"
    file.parent.mkdir()
    file.write_text(f"import pytest\n\nTOKEN = {secret.text!r}\n")

    findings = scan([str(tmp_path)], {}).findings
    assert {finding.where for finding in findings} == {f"{file}:3"}


def test_a_named_secret_in_a_test_is_found(tmp_path: Path) -> None:
    file = tmp_path / "test_shop.py"
    file.write_text('client.login(username="ada", password="hunter2!x")\n')

    assert [finding.kind for finding in scan([str(file)], {}).findings] == ["secret by its name"]


ORDINARY = """
def test_login(client):
    user = User.objects.create_user("ada", password="secret")
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    spans = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
    client.post("/login/", {"username": "ada", "password": "another secret"})
    assert reverse("reset", kwargs={"token": "set-password"}) == "/reset/set-password/"
"""


def test_ordinary_tests_have_no_findings(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(ORDINARY)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0" + bytes(range(256)))

    assert scan([str(tmp_path)], {}).findings == ()


def test_a_line_can_be_allowed(tmp_path: Path) -> None:
    file = tmp_path / "test_shop.py"
    file.write_text('password = "hunter2!x"  # pragma: allowlist secret\n')

    assert scan([str(file)], {}).findings == ()


def test_what_is_zipped_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "spans.json.gz"
    file.write_bytes(gzip.compress(recording({"app.password": "hunter2!x"})))

    assert len(scan([str(file)], {}).findings) == 1


def test_what_is_whole_is_looked_at_behind_what_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "spans.json.gz"
    line = gzip.compress(recording({"app.password": "hunter2!x"}))
    for broken in (line[:1], line[:9], line[:-9], b"\x1f\x8b\x08" + b"\xff" * 30):
        file.write_bytes(broken + line)
        found = scan([str(file)], {})
        assert (len(found.findings), len(found.problems)) == (1, 1)


def test_names_of_the_user_count(tmp_path: Path) -> None:
    file = tmp_path / "spans.json"
    file.write_bytes(recording({"badge": "7Q3x9-11", "api_key": "7Q3x9-11"}))

    environ = {"OTEL2TEST_REDACT": "badge", "OTEL2TEST_REDACT_ALLOW": "api_key"}
    assert [finding.where.rpartition(" ")[2] for finding in scan([str(file)], environ).findings] == ["badge"]


def test_a_file_that_is_not_there_is_a_fault_of_the_command() -> None:
    with pytest.raises(UsageError):
        scan(["nowhere.json"], {})


def test_the_exit_code_says_whether_there_is_one(tmp_path: Path) -> None:
    clean, dirty = tmp_path / "a.py", tmp_path / "b.py"
    clean.write_text("x = 1\n")
    dirty.write_text('password = "hunter2!x"\n')

    assert CliRunner().invoke(cli.app, ["scan", str(clean)]).exit_code == 0
    found = CliRunner().invoke(cli.app, ["scan", str(clean), str(dirty)])
    assert found.exit_code == 1
    assert found.stdout.startswith(f"{dirty}:1: secret by its name, … (9 characters); ")
    assert "hunter2" not in found.stdout


def test_the_pre_commit_hook_stops_a_commit(tmp_path: Path) -> None:
    """As pre-commit calls it: the entry with the names of the files that are to be committed."""
    hook = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (entry,) = (
        line.partition(":")[2].split() for line in hook.splitlines() if line.strip().startswith("entry:")
    )
    clean, leaking = tmp_path / "test_clean.py", tmp_path / "test_leaking.py"
    clean.write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    leaking.write_text('client.login(username="ada", password="hunter2!x")\n', encoding="utf-8")

    def status(*files: Path) -> int:
        program = Path(sys.executable).with_name(entry[0])
        return subprocess.run([program, *entry[1:], *files], capture_output=True, check=False).returncode

    assert (status(clean), status(clean, leaking)) == (0, 1)
