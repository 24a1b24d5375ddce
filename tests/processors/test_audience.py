"""Who else looks at spans is found out without a fault, whatever stands among the processors."""

from typing import NoReturn

from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import NoOpTracer, ProxyTracer

from otel2test.processors.audience import is_alone, is_recorded
from tests.processors.conftest import Bench


class Silent(SpanProcessor):
    """Bears no question."""

    @property
    def span_exporter(self) -> NoReturn:
        raise RuntimeError


def test_the_recorder_is_alone_until_somebody_comes(bench: Bench) -> None:
    assert is_alone(bench.recorder)
    bench.provider.add_span_processor(SpanProcessor())
    assert not is_alone(bench.recorder)


def test_a_processor_that_bears_no_question_is_somebody(bench: Bench) -> None:
    bench.provider.add_span_processor(Silent())
    assert not is_alone(bench.recorder)


def test_spans_of_other_providers_are_not_recorded(bench: Bench) -> None:
    stand_in = ProxyTracer("tests")
    assert not is_recorded(bench.recorder, stand_in)
    stand_in._real_tracer = bench.tracer
    assert is_recorded(bench.recorder, stand_in)
    assert is_recorded(bench.recorder, bench.tracer)
    assert not is_recorded(bench.recorder, TracerProvider(shutdown_on_exit=False).get_tracer("tests"))
    assert not is_recorded(bench.recorder, NoOpTracer())
