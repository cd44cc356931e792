"""A "no" that comes with a submission: it decides at once, it lasts, and it cancels what waits for a confirmation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.builders import ADA, AGREEMENT, a_question
from tests.domain.test_intake import accepted

AMERICAN: dict[str, Any] = {
    "fields": {**ADA, "country": "US"},
    "form": replace(AGREEMENT.forms["demo-request"], boxes=()),
    "consents": {},
}


def an_answer(**changes: Any) -> str:
    """What may be done by e-mail after a request by somebody from the United States, whom no box asked."""
    return str(accepted(a_question(**AMERICAN, **changes)).decision.contact["email"])


def test_who_opts_out_by_the_form_is_not_mailed_where_the_law_asks_for_no_consent() -> None:
    assert (an_answer(), an_answer(objections=("email",))) == ("yes", "no")


def test_the_no_lasts() -> None:
    first = accepted(a_question(**AMERICAN, objections=("email", "fax")))

    later = accepted(a_question(**AMERICAN), first.lead, number=2)

    assert first.lead.permission["channels"]["email"]["status"] == "refused"
    assert "fax" not in first.lead.permission["channels"]
    assert later.decision.contact["email"] == "no"


def test_the_no_ends_a_consent_that_stands() -> None:
    first = accepted(a_question(ticked=("mkt_email",)))

    after = accepted(a_question(objections=("email",)), first.lead, number=2)

    assert first.decision.contact["email"] == "yes"
    assert after.decision.contact["email"] == "no"
    assert after.lead.permission["channels"]["email"]["status"] == "withdrawn"


def test_the_no_cancels_a_request_that_waits_for_its_confirmation() -> None:
    german = {**ADA, "country": "DE"}
    first = accepted(a_question(fields=german, ticked=("mkt_email",)))

    after = accepted(a_question(fields=german, objections=("email",)), first.lead, number=2)

    assert set(first.lead.permission["pending"]) == {"mkt_email"}
    assert after.lead.permission["pending"] == {}
