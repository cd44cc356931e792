from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.adapters.memory import MemoryLedger
from shared.domain.kpis import Summary
from shared.domain.stored_sums import Sum
from shared.journeys.capture import Capture
from shared.journeys.show_lead import ShowLead
from tests.builders import DEFINITIONS, KEYRING, NOON, a_question, draws


def a_view(
    form: str = "demo-request", at: datetime = NOON, peers: tuple[Sum, ...] = (), **changes: object
) -> dict[str, object]:
    ledger = MemoryLedger()
    Capture(ledger, KEYRING, lambda: NOON, draws, lambda _: None)(a_question(form, **changes))
    lead_id = next(iter(ledger.leads.values())).lead_id
    view = ShowLead(ledger, DEFINITIONS, lambda: at, lambda: peers)(lead_id)
    assert view is not None
    return view


def test_sales_sees_the_person_the_reasons_and_the_permission() -> None:
    view = a_view(ticked=("mkt_email",))

    assert view["person"]["email"] == "ada@example.com"  # type: ignore[index]  # JSON
    assert view["score"] == sum(line["points"] for line in view["explanation"])  # type: ignore[attr-defined]  # JSON
    assert view["permission"]["marketing"]["email"] == "yes"  # type: ignore[index]  # JSON


@pytest.mark.parametrize(("days", "answer"), [(0, "yes"), (730, "yes"), (731, "no")])
def test_a_permission_ends_on_its_day_without_any_nightly_job(days: int, answer: str) -> None:
    view = a_view(ticked=("mkt_email",), at=NOON + timedelta(days=days))

    assert view["permission"]["marketing"]["email"] == answer  # type: ignore[index]  # JSON


def test_who_was_never_judged_has_no_score() -> None:
    view = a_view("content-download")

    assert (view["score"], view["explanation"]) == (0, [])


@pytest.mark.requirement("B18")
def test_the_rank_among_the_peers_of_its_definition_stands_beside_the_score() -> None:
    own = int(a_view()["score"])  # type: ignore[call-overload]  # JSON
    noon, later = "2026-03-02T12:00:00.000Z", "2026-03-02T12:01:00.000Z"
    sums = (
        Sum(Summary({"default": {str(own): 1, "0": 6}, "partners": {"0": 90}}), 1, later),
        Sum(Summary({"default": {str(own + 1): 1}}), 1, noon),
    )

    assert a_view(peers=sums)["peers"] == {"percentile": 81, "leads": 8, "as_of": later}
    assert a_view("content-download", peers=sums)["peers"] is None
    assert a_view(peers=())["peers"] is None


@pytest.mark.parametrize("lead_id", ["", "x", "F" * 32, "g" * 32, "0" * 31, "0" * 32])
def test_an_id_that_is_none_finds_nobody(lead_id: str) -> None:
    assert ShowLead(MemoryLedger(), DEFINITIONS, lambda: NOON)(lead_id) is None
