from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from otel2test.processors import settings
from otel2test.processors.settings import RecorderSettings


def test_nothing_set_gives_the_defaults(said: Callable[[], list[str]]) -> None:
    assert RecorderSettings.from_environ({"PATH": "/bin", "OTEL2TEST_CALLS": " "}) == RecorderSettings()
    assert said() == []


def test_every_setting_can_be_set() -> None:
    environ = {
        "OTEL2TEST_DIR": "/tmp/elsewhere",
        "OTEL2TEST_CALLS": "off",
        "OTEL2TEST_INCLUDE": "shop, shop.*,",
        "OTEL2TEST_EXCLUDE": "shop.vendored",
        "OTEL2TEST_REDACT": "pin",
        "OTEL2TEST_REDACT_ALLOW": "token_type, *_hash",
        "OTEL2TEST_REDACT_PATTERNS": r"BADGE-\d{4} \bK[0-9]+\b",
        "OTEL2TEST_REDACT_PERSONAL": "names, emails",
        "OTEL2TEST_REDACTION_KEY": "of our own",
        "OTEL2TEST_MAX_ROWS": "1",
        "OTEL2TEST_MAX_BODY": "2",
        "OTEL2TEST_MAX_CALLS": "3",
        "OTEL2TEST_MAX_TRACE_BYTES": "4",
        "OTEL2TEST_MAX_OPEN_TRACES": "5",
        "OTEL2TEST_MAX_OPEN_BYTES": "6",
        "OTEL2TEST_FILES": "0",
        "OTEL2TEST_ENRICH": "no",
        "OTEL2TEST_MAX_FILE_BYTES": "7",
        "OTEL2TEST_COMPRESSION": "GZIP",
        "OTEL2TEST_KEEP_FILES": "8",
        "OTEL2TEST_TRACE_TIMEOUT": "0.5",
        "OTEL2TEST_EFFECTS": "mails, draws",
        "OTEL2TEST_MAX_EFFECTS": "9",
    }

    assert RecorderSettings.from_environ(environ) == RecorderSettings(
        directory=Path("/tmp/elsewhere"),
        calls=False,
        include=("shop", "shop.*"),
        exclude=("shop.vendored",),
        redact=("pin",),
        redact_allow=("token_type", "*_hash"),
        redact_patterns=(r"BADGE-\d{4}", r"\bK[0-9]+\b"),
        redact_personal=("emails", "names"),
        redaction_key="of our own",
        max_rows=1,
        max_body=2,
        max_calls=3,
        max_trace_bytes=4,
        max_open_traces=5,
        max_open_bytes=6,
        files=False,
        enrich=False,
        max_file_bytes=7,
        compression="gzip",
        keep_files=8,
        trace_timeout=0.5,
        effects=("mails", "draws"),
        max_effects=9,
    )
    assert len(environ) == len(fields(RecorderSettings))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL2TEST_CALLS", "maybe"),
        ("OTEL2TEST_MAX_ROWS", "many"),
        ("OTEL2TEST_MAX_ROWS", "-1"),
        ("OTEL2TEST_TRACE_TIMEOUT", "soon"),
        ("OTEL2TEST_TRACE_TIMEOUT", "0"),
        ("OTEL2TEST_TRACE_TIMEOUT", "inf"),
        ("OTEL2TEST_REDACT_PATTERNS", "good [bad"),
        ("OTEL2TEST_REDACT_PERSONAL", "emails,faces"),
        ("OTEL2TEST_EFFECTS", "mails,post"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_default_stands(
    variable: str, value: str, said: Callable[[], list[str]]
) -> None:
    assert RecorderSettings.from_environ({variable: value}) == RecorderSettings()
    (line,) = said()
    assert f"{variable}='{value}'" in line


def test_the_documentation_names_every_variable() -> None:
    assert all(variable in (settings.__doc__ or "") for variable, _ in settings._VARIABLES.values())


def test_no_side_effects_may_be_recorded() -> None:
    assert RecorderSettings.from_environ({"OTEL2TEST_EFFECTS": "none"}).effects == ()
