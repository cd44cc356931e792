"""The mutation score as `make mutants` prints it."""

from __future__ import annotations

import pytest

from local.mutants import by_module, main, report

LINES = [
    "    shared.domain.consent.ticks.x_faults__mutmut_1: killed",
    "    shared.domain.consent.ticks.x_faults__mutmut_2: survived",
    "    shared.domain.consent.dates.x_day__mutmut_1: killed",
    "    shared.domain.consent.dates.x_day__mutmut_2: timeout",
    "    shared.domain.consent.question.xǁStandingǁcounts__mutmut_1: no tests",
    "a line about something else",
]


def test_each_module_has_its_score_and_every_survivor_is_named() -> None:
    assert report(by_module(LINES)) == [
        "| module | mutants | caught | score |",
        "| --- | --- | --- | --- |",
        "| shared.domain.consent.dates | 2 | 1 | 50.0 % |",
        "| shared.domain.consent.question | 1 | 0 | 0.0 % |",
        "| shared.domain.consent.ticks | 2 | 1 | 50.0 % |",
        "| all | 5 | 2 | 40.0 % |",
        "survived: shared.domain.consent.ticks.x_faults__mutmut_2: survived",
        "survived: shared.domain.consent.dates.x_day__mutmut_2: timeout",
        "survived: shared.domain.consent.question.xǁStandingǁcounts__mutmut_1: no tests",
    ]


@pytest.mark.parametrize(("caught", "exit_code"), [(95, 0), (94, 1), (0, 1)])
def test_a_score_below_95_per_cent_fails(caught: int, exit_code: int) -> None:
    statuses = ["killed"] * caught + ["survived"] * (100 - caught)

    assert main(f"a.x_f__mutmut_{number}: {status}" for number, status in enumerate(statuses)) == exit_code


def test_a_run_that_measured_nothing_fails() -> None:
    assert main([]) == 1
