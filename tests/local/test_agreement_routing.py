"""The routing is checked before it is compiled: every name is known, and no lead falls between two territories."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.agreement_routing import compile_routing

CALENDARS = ("europe", "americas")


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        ("fallback: desk", "fallback: nowhere", "fallback: there is no nowhere"),
        ("{queue: americas,", "{queue: atlantis,", "territories: there is no atlantis"),
        ("owners: [world-1]", "owners: [world-9]", "queues.world.owners: there is no world-9"),
        ("owners: [world-1]", "owners: [world-1, world-1]", "named twice"),
        ("owners: [world-1]", "owners: []", "only the fallback queue"),
        ("owners: [dach-1, dach-2, dach-3]", "owners: [dach-1, dach-2]", "owners.dach-3: in no queue"),
        ("  - {queue: world}\n", "", "the last one, and no other, covers everybody"),
        ("  - {queue: dach, countries: [DE, AT, CH, LI]}", "  - {queue: dach}", "the last one, and no other"),
        ("countries: [DE, AT, CH, LI]", "countries: [DE, UK]", "UK is no ISO 3166-1 code"),
        ("countries: [DE, AT, CH, LI]", "countries: []", "countries"),
        ("from: 2026-12-21, to: 2027-01-01", "from: 2026-12-21, to: 2026-12-20", "ends before it begins"),
        ("weight: 2", "weight: 0", "weight"),
        ("capacity: 40", "capacity: 0", "capacity"),
        ("{A1: 30}", "{E1: 30}", "respond_within_minutes"),
        ("{weight: 1, calendar: europe}", "{weight: 1, calendar: moon}", "owners.world-1: there is no calendar moon"),
        ("desk: {calendar: europe", "desk: {calendar: moon", "queues.desk: there is no calendar moon"),
        ("existing_owner: company", "existing_owner: colleague", "existing_owner"),
        ("version:", "surprise: 1\nversion:", "surprise"),
    ],
)
def test_a_routing_that_cannot_be_meant_is_refused_with_its_place(home: Path, old: str, new: str, advice: str) -> None:
    text = (home / "routing.yaml").read_text("utf-8")
    assert old in text
    (home / "routing.yaml").write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(ValueError, match=r"routing\.yaml") as refused:
        compile_routing(home, CALENDARS)

    assert advice in str(refused.value)


def test_an_absence_is_compiled_to_its_first_and_last_day(home: Path) -> None:
    owners = compile_routing(home, CALENDARS)["owners"]

    assert owners["dach-2"]["away"] == [["2026-12-21", "2027-01-01"]]
    assert "capacity" not in owners["world-1"]


def test_other_rules_have_another_version_even_when_nobody_raised_it(home: Path) -> None:
    before = compile_routing(home, CALENDARS)["version"]
    text = (home / "routing.yaml").read_text("utf-8")
    (home / "routing.yaml").write_text(text.replace("weight: 2", "weight: 3"), "utf-8")

    after = compile_routing(home, CALENDARS)["version"]

    assert before.startswith("2026.1-")
    assert after.startswith("2026.1-")
    assert after != before
