from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from shared import telemetry


@pytest.mark.parametrize("dimensions", [{}, {"reason": "no_permission"}, {"platform": "meta", "outcome": "parked"}])
def test_a_count_is_the_line_that_powertools_would_write(
    dimensions: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "leadgate")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Leadgate/test")

    telemetry.count("Notification", 3, **dimensions)
    with single_metric(name="Notification", unit=MetricUnit.Count, value=3) as one:
        for name, value in dimensions.items():
            one.add_dimension(name, value)

    ours, theirs = map(_without_the_moment, capsys.readouterr().out.splitlines())
    assert ours == theirs


def _without_the_moment(line: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(line)
    assert isinstance(told["_aws"].pop("Timestamp"), int)
    return told
