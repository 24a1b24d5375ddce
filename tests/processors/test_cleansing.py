"""Attributes that OpenTelemetry or the program sets are redacted as everything else is."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, Status, StatusCode

from otel2test.processors import delivering
from otel2test.processors.cleansing import Cleansing, redact_attribute
from otel2test.processors.recorder import activate, active
from otel2test.processors.redaction import Redactor, redactor
from otel2test.processors.settings import RecorderSettings
from tests.processors.conftest import Bench

TOKEN = "a1B2c3D4e5F6g7H8i9J0"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.request.header.authorization", f"Bearer {TOKEN}"),
        ("http.request.header.x_api_key", [TOKEN]),
        ("app.access_token", TOKEN),
        ("url.full", f"https://x.org/a?token={TOKEN}"),
        ("http.url", f"https://joe:{TOKEN}@x.org/"),
        ("http.target", f"/a?api_key={TOKEN}"),
        ("url.query", f"a=b&password={TOKEN}"),
        ("db.statement", f"INSERT INTO t (a, token) VALUES ('b', '{TOKEN}')"),
        ("db.query.text", f"SELECT * FROM t WHERE password = '{TOKEN}'"),
        ("exception.message", f"refused: password='{TOKEN}'"),
        ("process.command_line", f"manage.py run --token={TOKEN}"),
        ("process.command_line", f"manage.py run --api-key {TOKEN} --verbose"),
        ("process.command_args", ("manage.py", "run", "--api-key", TOKEN)),
        ("process.command_args", ["manage.py", f"--db-password={TOKEN}", "--token", "--verbose"]),
        ("anything", {"password": TOKEN}),
    ],
)
def test_secrets(key: str, value: object) -> None:
    redactor.__init__(b"a key for tests")  # type: ignore[misc]  # as one that has met none of them
    told = list(value) if isinstance(value, tuple) else value
    assert str(redact_attribute(key, value)) == str(told).replace(TOKEN, redactor.secret(TOKEN))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http.method", "GET"),
        ("url.path", "/orders/12/"),
        ("gen_ai.usage.input_tokens", 4711),
        ("password.length", 12),
        ("process.command_args", ["manage.py", "run", "--token", "--verbose", "--limit", "a1B2c3"]),
        ("process.command_line", "manage.py run --token --verbose --limit a1B2c3"),
        ("db.statement", "SELECT a FROM t WHERE b = 'Milk'"),
        ("ok", True),
        ("ratio", 0.5),
        ("otel2test.http.request", '{"password": "was redacted when it was made"}'),
    ],
)
def test_what_is_no_secret_stays(key: str, value: object) -> None:
    assert redact_attribute(key, value) == value


def test_a_number_under_a_secret_name() -> None:
    assert redact_attribute("card_number", 4711_4711) == redactor.scramble(4711_4711)


def test_a_span_for_other_exporters_is_as_clean(bench: Bench) -> None:
    made = redactor.secret(TOKEN)
    with bench.tracer.start_as_current_span(f"GET /{TOKEN}") as span:
        span.set_attribute("note", TOKEN)
        span.add_event("seen", {"note": f"it was {TOKEN}"})
        span.set_status(Status(StatusCode.ERROR, f"bad {TOKEN}"))
    redactor.secret(TOKEN)  # forgotten when the trace was written
    ended = Cleansing(0).span(span)  # type: ignore[arg-type] # a span of the SDK's

    assert TOKEN not in ended.to_json()
    assert made in ended.to_json()
    assert (ended.name, ended.status.description) == (f"GET /{made}", f"bad {made}")


def test_no_secret_of_a_resource_a_scope_or_a_link_leaves_by_other_exporters(bench: Bench) -> None:
    """``OTEL_RESOURCE_ATTRIBUTES`` and the command line, which resources may hold."""
    made = redactor.secret(TOKEN)
    provider = TracerProvider(
        resource=Resource(
            {
                "service.name": "shop",
                "deployment.api_key": TOKEN,
                "deployment.note": f"see {TOKEN}",
                "process.command_args": ["manage.py", "run", "--password", TOKEN],
            },
            "https://opentelemetry.io/schemas/1.0",
        ),
        shutdown_on_exit=False,
    )
    bench.recorder.attach(provider)
    exporter = InMemorySpanExporter()
    before = active()
    activate(bench.recorder)
    delivering.install(bench.recorder)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("shop", attributes={"token": TOKEN})
    linked = SpanContext(1, 2, is_remote=True)
    with tracer.start_as_current_span("GET /", links=[Link(linked, {"token": TOKEN})]) as span:
        span.add_event(f"seen {TOKEN}")
        tracer.start_span("inner").end()
        redactor.secret(TOKEN)  # as a form's field may name it
    activate(before)

    exported = exporter.get_finished_spans()
    told = [str((each.to_json(), each.instrumentation_scope, each.links)) for each in exported]
    assert [TOKEN in each for each in told] == [False, False]
    assert [made in each for each in told] == [True, True]
    resource = exported[0].resource
    assert resource is exported[1].resource
    assert resource.schema_url == "https://opentelemetry.io/schemas/1.0"
    assert resource.attributes == {
        "service.name": "shop",
        "deployment.api_key": made,
        "deployment.note": f"see {made}",
        "process.command_args": ("manage.py", "run", "--password", made),
    }
    (link,) = exported[1].links
    assert (link.context, dict(link.attributes or {})) == (linked, {"token": made})
    assert TOKEN not in str(bench.lines())


def test_what_the_program_names_at_the_start_is_secret() -> None:
    """Also where the environment names nothing."""
    program = """
from otel2test.processors import record
from otel2test.processors.redaction import redactor
assert not redactor.is_secret_name("badge_no")
record(redact=("badge_no", "shop.Customer.nickname"), redact_allow=("token",), redact_patterns=("K[0-9]{9}",))
assert redactor.is_secret_name("badge-no")
assert redactor.is_secret_field("shop.Customer", "nickname")
assert not redactor.is_secret_name("token")
assert redactor.redact_text("id K123456789.") != "id K123456789."
print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr


def test_personal_data_on_request() -> None:
    made = Redactor(b"k")
    assert made.redact_field("email", "ada@lovelace.org") == "ada@lovelace.org"
    made.configure(RecorderSettings(redact_personal=("emails", "names", "phones")))
    address = made.redact_field("email", "ada@lovelace.org")
    assert address != "ada@lovelace.org"
    assert address.endswith(".org")
    assert address.count("@") == 1
    assert made.redact_text("write to ada@lovelace.org or call +49 30 1234567").startswith(
        f"write to {address} or call +"
    )
    assert "1234567" not in made.redact_text("call +49 30 1234567")
    assert made.redact_field("first_name", "Ada") != "Ada"
    assert made.redact_field("name", "Ada") == "Ada"
