"""Every single fault over confirming and withdrawing, against the executable model: exactly one effect, or none yet.

The person presses the button again while no page comes; at the end nothing fails any more and it is pressed once more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.memory import MemoryHandOff
from shared.domain.errors import LeadgateError
from shared.domain.identity import Keyring
from shared.domain.ledger_entry import entry_hash, first_head
from shared.domain.submission import ContactPoints
from shared.journeys.ports import Place
from tests.builders import KEYRING
from tests.journeys.permission_world import SHOWN, World
from tests.support.faults import KINDS, FaultyTransport, Killed, Schedule
from tests.support.model import ModelDynamo

TABLES = Tables("leads", "ledger", "notices", "suppressions")
CALLS_OF_AN_ACT = 6


class Modelled(World):
    """The world over the model, with a fault seam."""

    def __init__(self, keyring: Keyring = KEYRING) -> None:
        self.model, self.schedule = ModelDynamo(), Schedule()
        store = DynamoPermissions(FaultyTransport(self.model, self.schedule), TABLES)
        super().__init__(store=store, keyring=keyring, queue=MemoryHandOff())

    def items(self, kind: str, table: str = "leads") -> list[dict[str, Any]]:
        return self.model.items(kind, table)

    @property
    def lead(self) -> Any:
        return self.store.find(self.items("LEAD")[0]["lead_id"]["S"])

    def relay(self) -> list[str]:
        places = [Place(item["pk"]["S"].removeprefix("P#"), item["sk"]["S"]) for item in self.items("OUT#")]
        return [self.deliver()(place) for place in places]

    def calls(self, step: Callable[[], object]) -> list[str]:
        self.schedule.calls.clear()
        step()
        return [operation for operation, _ in self.schedule.calls]


def asked() -> Modelled:
    world = Modelled()
    world.post(form_id="newsletter", fields={"email": "ada@example.com", "country": "DE"})
    world.relay()
    return world


def press(world: Modelled, act: Callable[[], object], faults: dict[int, str]) -> None:
    world.schedule.calls.clear()
    world.schedule.faults = faults
    for _ in range(3):
        try:
            act()
            break
        except (LeadgateError, Killed):
            continue
    world.schedule.faults = {}
    act()


def types(world: Modelled) -> list[str]:
    return [json.loads(item["core"]["S"])["type"] for item in world.items("EVT#", "ledger")]


def assert_chain_is_unbroken(world: Modelled) -> None:
    last = first_head(world.lead.head.chain).hash
    for item in world.items("EVT#", "ledger"):
        assert json.loads(item["core"]["S"])["prev"] == last
        last = entry_hash(item["core"]["S"].encode())
    assert world.lead.head.hash == last


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(CALLS_OF_AN_ACT))
def test_no_single_fault_confirms_twice_or_never(kind: str, place: int) -> None:
    world = asked()

    press(world, lambda: world.permissions().confirm(world.confirm_link, SHOWN), {place: kind})

    assert types(world) == ["notice_served", "doi_confirmed"]
    assert (world.marketing["email"], world.lead.version, len(world.items("ACT#"))) == ("yes", 2, 1)
    assert_chain_is_unbroken(world)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(CALLS_OF_AN_ACT))
def test_no_single_fault_withdraws_twice_or_never(kind: str, place: int) -> None:
    world = asked()
    world.permissions().confirm(world.confirm_link, SHOWN)

    press(world, lambda: world.permissions().unsubscribe(world.one_click_link), {place: kind})

    assert types(world) == ["notice_served", "doi_confirmed", "consent_withdrawn"]
    assert (world.marketing["email"], world.lead.version, len(world.items("ACT#"))) == ("no", 3, 2)
    assert len(world.items("SUPP", "suppressions")) == 1
    said = [item["message_id"]["S"].split(".")[1] for item in world.items("OUT#")]
    assert said == ["mail_confirm", *(["permission_changed", "nurture_enrolled"] * 2)]
    assert_chain_is_unbroken(world)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", range(CALLS_OF_AN_ACT))
def test_no_single_fault_on_the_way_of_a_mail_makes_a_second_link(kind: str, place: int) -> None:
    world = Modelled()
    world.post(form_id="newsletter", fields={"email": "ada@example.com", "country": "DE"})

    press(world, world.relay, {place: kind})

    assert 1 <= len({mail.text for mail in world.mailer.mails}) <= 1
    assert len(world.items("TOK")) == 1
    assert "due_shard" not in world.items("OUT#")[0]


def test_looking_costs_no_write() -> None:
    world = asked()

    looked = world.calls(lambda: world.permissions().asked(world.confirm_link))

    assert looked == ["GetItem", "GetItem"]


def test_an_act_is_one_transaction() -> None:
    world = asked()

    calls = world.calls(lambda: world.permissions().confirm(world.confirm_link, SHOWN))

    assert calls == ["GetItem", "GetItem", "BatchGetItem", "TransactWriteItems"]


def test_an_opt_out_makes_the_same_calls_for_a_known_person_and_a_stranger() -> None:
    world = asked()
    act = world.permissions().opt_out_of_sale

    known = world.calls(lambda: act(ContactPoints("ada@example.com")))
    stranger = world.calls(lambda: act(ContactPoints("grace@example.com")))

    assert known == stranger == ["GetItem", "BatchGetItem", "TransactWriteItems"]


def test_a_mailbox_proof_deletes_the_suppression_item() -> None:
    world = asked()
    world.permissions().object_to_all(world.preferences_link)
    world.now = world.now.replace(day=20)
    world.post(form_id="newsletter", fields={"email": "ada@example.com", "country": "DE"})
    world.relay()
    assert world.items("SUPP", "suppressions")

    world.permissions().confirm(world.confirm_link, SHOWN)

    assert not world.items("SUPP", "suppressions")
