"""When tracing is on, and how much of it."""

from __future__ import annotations

import pytest

from swarmscope_exporter.tracing import TracingSettings, TracingSettingsError, begin_request, journey, settings_from

BASE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {**BASE, "OTEL_SDK_DISABLED": "true"},
        {**BASE, "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_without_an_endpoint_or_when_disabled_it_is_off(environment: dict[str, str]) -> None:
    assert settings_from(environment) is None


def test_the_standard_variables_name_the_collector_and_an_argument_wins() -> None:
    of_traces = {**BASE, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://other/traces"}
    assert settings_from(BASE) == TracingSettings("http://collector:4318/v1/traces", 0.01)
    assert settings_from(of_traces) == TracingSettings("https://other/traces", 0.01)
    assert settings_from(of_traces, "http://mine:1") == TracingSettings("http://mine:1/v1/traces", 0.01)


@pytest.mark.parametrize(
    ("sampler", "argument", "ratio"),
    [
        ("", "", 0.01),
        ("", "0.25", 0.25),
        ("parentbased_traceidratio", "1", 1.0),
        ("traceidratio", "", 0.01),
        ("always_on", "0.5", 1.0),
        ("parentbased_always_off", "", 0.0),
    ],
)
def test_the_standard_sampler_variables_set_the_share(sampler: str, argument: str, ratio: float) -> None:
    settings = settings_from({**BASE, "OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument})
    assert settings is not None
    assert settings.ratio == ratio


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"OTEL_TRACES_SAMPLER_ARG": "2"}, "OTEL_TRACES_SAMPLER_ARG=2 is not a share: expected a number from 0 to 1"),
        (
            {"OTEL_TRACES_SAMPLER_ARG": "few"},
            "OTEL_TRACES_SAMPLER_ARG=few is not a share: expected a number from 0 to 1",
        ),
        (
            {"OTEL_TRACES_SAMPLER": "jaeger_remote"},
            "OTEL_TRACES_SAMPLER=jaeger_remote is not known here: expected one of always_on, always_off, traceidratio",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
            "Traces: 'collector:4318/v1/traces' is not an address: expected one like http://127.0.0.1:4318",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_says_what_is_expected(changed: dict[str, str], text: str) -> None:
    with pytest.raises(TracingSettingsError) as caught:
        settings_from(BASE | changed)
    assert str(caught.value) == text


def test_without_tracing_a_journey_is_nothing_and_no_request_is_sampled() -> None:
    with journey("anything") as traced:
        traced.note(success=False)
        assert begin_request("WS", "/ws", "ws://api/ws") == ""
