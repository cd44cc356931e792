"""The PermissionStore port on memory, on the model, on moto and on ministack: one list of promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.memory import MemoryPermissions
from shared.domain import permission_acts as acts
from shared.domain.errors import Conflict
from shared.domain.mail_budget import Budget, Limits, spend
from shared.domain.permission_acts import Change, Circumstances
from shared.domain.submission import ContactPoints
from shared.domain.suppression import Found, remembered
from shared.domain.tokens import Token
from tests.adapters.contract import write
from tests.builders import AGREEMENT, KEYRING, NOON, draws
from tests.support.clouds import Cloud, fresh_tables
from tests.support.model import ModelDynamo

STORES = ("memory", "model", "moto", "ministack")
MARKS = KEYRING.suppression_marks(ContactPoints("ada@example.com", "+33612345678"))
TOKEN = Token(
    "d" * 64, "p" * 32, "1" * 32, ("mkt_email",), "2026-03-02T12:00:00.000Z", "en", "2026-03-09T12:00:00.000Z"
)
PAID = spend(Budget(), "message", NOON, Limits(3, timedelta(days=30), timedelta(hours=24)))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return MemoryPermissions()
    if request.param == "model":
        return DynamoPermissions(ModelDynamo(), Tables("leads", "ledger", "notices", "suppressions"))
    cloud: Cloud = request.getfixturevalue(f"{request.param}_cloud")
    return DynamoPermissions(cloud.dynamodb(), fresh_tables(cloud))


def a_change(store: Any, person: str, number: int = 2) -> Change:
    lead = store.known(person)
    act = acts.object_to_all(lead, "preference_page", NOON)
    assert act is not None
    return acts.apply(lead, act, Circumstances(AGREEMENT.jurisdictions, frozenset(), NOON, draws(number)))


def test_a_change_is_known_at_once(store: Any) -> None:
    where, intake = write(store, 1)
    change = a_change(store, where.person)

    store.change(where.person, change, remembered(MARKS, "marketing", "objection", NOON))

    assert store.known(where.person) == change.lead
    assert store.whereabouts(intake.lead.lead_id) == where.person
    assert store.found(MARKS).suppressed == {marks[0] for marks in MARKS.values()}
    assert {one.reason for one in store.found(MARKS).kept} == {"objection"}


def test_a_change_on_old_knowledge_is_a_conflict_and_writes_nothing(store: Any) -> None:
    where, _ = write(store, 1)
    stale = a_change(store, where.person)
    write(store, 3)
    before = store.known(where.person)

    with pytest.raises(Conflict):
        store.change(where.person, stale, remembered(MARKS, "marketing", "objection", NOON))

    assert (store.known(where.person), store.found(MARKS)) == (before, Found())


def test_a_token_is_used_once(store: Any) -> None:
    where, intake = write(store, 1)
    token = replace(TOKEN, person=where.person, lead_id=intake.lead.lead_id)
    store.issue(token, {"mailbox": PAID})
    store.change(where.person, a_change(store, where.person), link=token.used("first", NOON, {}))
    lead = store.known(where.person)
    act = acts.opt_out_of_sale(lead)
    assert act is not None
    again = acts.apply(lead, act, Circumstances(AGREEMENT.jurisdictions, frozenset(), NOON, draws(9)))

    with pytest.raises(Conflict):
        store.change(where.person, again, link=token.used("second", NOON, {}))

    assert store.token(TOKEN.digest).used_by == "first"
    assert store.known(where.person) == lead


def test_a_suppression_is_lifted_with_the_change_that_ends_it(store: Any) -> None:
    where, _ = write(store, 1)
    store.suppress(remembered(MARKS, "marketing", "objection", NOON))
    store.suppress(remembered(MARKS, "sale", "sale_opt_out", NOON))

    store.change(where.person, a_change(store, where.person), lift=MARKS["email"])

    found = store.found(MARKS)
    assert (found.suppressed, len(found.opted_out)) == (set(MARKS["phone"]), 2)


def test_remembering_twice_is_harmless(store: Any) -> None:
    for _ in range(2):
        store.suppress(remembered(MARKS, "sale", "sale_opt_out", NOON))

    assert (store.found(MARKS).suppressed, len(store.found(MARKS).opted_out)) == (set(), 2)


def test_of_two_who_pay_from_one_budget_one_wins(store: Any) -> None:
    where, intake = write(store, 1)
    token = replace(TOKEN, person=where.person, lead_id=intake.lead.lead_id)
    store.issue(token, {"mailbox": PAID})

    with pytest.raises(Conflict):
        store.issue(replace(token, digest="e" * 64), {"mailbox": PAID})

    assert (store.budget("mailbox"), store.token("e" * 64)) == (PAID, None)


def test_a_lead_that_is_gone_gets_no_link(store: Any) -> None:
    where, _ = write(store, 1)

    for nobody in (TOKEN, replace(TOKEN, person=where.person)):
        with pytest.raises(Conflict):
            store.issue(nobody, {"mailbox": PAID})

    assert (store.budget("mailbox"), store.token(TOKEN.digest)) == (Budget(), None)


def test_what_nobody_wrote_is_not_there(store: Any) -> None:
    assert (store.known("f" * 32), store.whereabouts("f" * 32), store.token("f" * 64)) == (None, None, None)
    assert store.budget("nobody") == Budget()


def test_a_token_is_marked_alone_and_on_fresh_knowledge_only(store: Any) -> None:
    where, intake = write(store, 1)
    token = replace(TOKEN, person=where.person, lead_id=intake.lead.lead_id)
    store.issue(token, {"mailbox": PAID})
    before = store.known(where.person)

    store.mark(token.baited(NOON))

    assert store.token(TOKEN.digest) == token.baited(NOON)
    assert (store.token(TOKEN.digest).version, store.known(where.person)) == (2, before)
    with pytest.raises(Conflict):
        store.mark(token.baited(NOON + timedelta(seconds=1)))
    with pytest.raises(Conflict):
        store.change(where.person, a_change(store, where.person), link=token.used("late", NOON, {}))
    assert (store.token(TOKEN.digest), store.known(where.person)) == (token.baited(NOON), before)


def test_a_token_that_is_gone_cannot_be_marked(store: Any) -> None:
    with pytest.raises(Conflict):
        store.mark(TOKEN.baited(NOON))

    assert store.token(TOKEN.digest) is None


def test_what_a_token_changed_is_kept_with_it(store: Any) -> None:
    where, intake = write(store, 1)
    token = replace(TOKEN, person=where.person, lead_id=intake.lead.lead_id)
    store.issue(token, {"mailbox": PAID})
    used = token.used("first", NOON, {"purge_at": 1, "channels": {"email": None}, "lifted": []})

    store.change(where.person, a_change(store, where.person), link=used)

    assert store.token(TOKEN.digest) == used
