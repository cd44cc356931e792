"""`leadgate routing audit` over what an export tells of the offers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.cli import main
from shared.adapters import offer_lines
from shared.settings import compiled_agreement
from tests.journeys.sales_world import SalesWorld

Row = dict[str, Any]


def exported(leads: int = 4) -> list[Row]:
    """The offers of some leads as an export tells them."""
    world = SalesWorld()
    for number in range(leads):
        world.inquire(f"ada{number}@example.com")
    world.relay()
    return [
        row
        for place, (offer, _) in world.store.offers.items()
        for row in offer_lines.rows(world.store.leads[place.person].as_plain(), [offer.as_plain()], [], [])
    ]


def written(path: Path, rows: list[Row]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_a_clean_audit_shows_who_got_what_of_each_queue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["routing", "audit", written(tmp_path / "e.jsonl", exported())])

    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert said[0] == "dach: max − min 1 over any window at equal weights"
    assert said[1].split() == ["owner", "weight", "leads", "turns", "share", "expected", "turns"]
    assert said[2].split() == ["dach-1", "1", "2", "2", "50.0%", "1.3"]
    assert said[-1] == "4 of 4 decisions give the same owner again"


def test_a_planted_owner_is_named_with_the_lead_and_the_exit_code_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = exported()
    rows[1]["given"][0]["owner"] = "dach-1"

    code = main(["routing", "audit", written(tmp_path / "e.jsonl", rows)])

    said = capsys.readouterr().out
    assert code == 1
    assert f"lead {rows[1]['lead']} offer 1" in said
    assert "owner dach-1, by the rules dach-2" in said
    assert "NOT FAIR" in said
    assert "3 of 4 decisions" in said


def test_an_audit_is_there_for_machines_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = exported()
    rows[3]["given"][0]["owner"] = "zoe"

    code = main(["routing", "audit", written(tmp_path / "e.jsonl", rows), "--json"])

    told = json.loads(capsys.readouterr().out)
    dach = next(queue for queue in told["queues"] if queue["queue"] == "dach")
    assert (code, told["clean"], told["decisions"]) == (1, False, 4)
    assert [one["lead"] for one in told["doubts"]] == [rows[3]["lead"]]
    assert dach["owners"][-1] == {
        **{"owner": "zoe", "weight": 0, "leads": 1, "turns": 0},
        **{"share": 0.0, "expected": 0.0},
    }


def test_rules_of_an_earlier_release_are_given_as_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = exported()
    for row in rows:
        row["given"][0]["routing"] = "2025.9-0a0a0a0a"
    events = written(tmp_path / "e.jsonl", rows)
    earlier = compiled_agreement()
    (tmp_path / "before.json").write_text(
        json.dumps({**earlier, "routing": {**earlier["routing"], "version": "2025.9-0a0a0a0a"}}), "utf-8"
    )

    without = main(["routing", "audit", events])
    said = capsys.readouterr().out
    with_them = main(["routing", "audit", events, "--agreement", str(tmp_path / "before.json")])

    assert (without, with_them) == (1, 0)
    assert "4 by the rules 2025.9-0a0a0a0a, which are not here" in said


def test_the_weights_are_those_of_todays_rules_wherever_their_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = compiled_agreement()
    (tmp_path / "current.json").write_text(json.dumps(earlier), "utf-8")
    owners = {name: {**one, "weight": 7} for name, one in earlier["routing"]["owners"].items()}
    older = {**earlier, "routing": {**earlier["routing"], "version": "2025.9-0a0a0a0a", "owners": owners}}
    (tmp_path / "older.json").write_text(json.dumps(older), "utf-8")

    files = [str(tmp_path / "current.json"), str(tmp_path / "older.json")]
    main(["routing", "audit", written(tmp_path / "e.jsonl", exported()), "--json", "--agreement", *files])

    told = json.loads(capsys.readouterr().out)
    assert {owner["weight"] for queue in told["queues"] for owner in queue["owners"] if owner["leads"]} == {1}


@pytest.mark.parametrize("odd", [None, 5, "given", ["x"], [None], [[]], {"at": "2026-03-02"}])
def test_decisions_that_are_none_are_said_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], odd: Any
) -> None:
    rows = exported(2)
    rows[1]["given"] = odd

    code = main(["routing", "audit", written(tmp_path / "e.jsonl", rows)])

    assert code == 1
    assert "e.jsonl:2: given: a list of objects" in capsys.readouterr().err


def test_decisions_that_cannot_be_read_are_each_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = exported(1)
    rows[0]["given"] = [{}, {"turn": float("inf")}]

    code = main(["routing", "audit", written(tmp_path / "e.jsonl", rows)])

    said = capsys.readouterr().out.splitlines()
    assert code == 1
    assert said[-1] == "0 of 2 decisions give the same owner again"


def test_a_folder_is_no_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["routing", "audit", str(tmp_path)])

    assert code == 1
    assert f"{tmp_path}: cannot be read: Is a directory." in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", "[]", '{"routing": 1}'])
def test_a_file_that_is_no_agreement_is_refused_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "c.json").write_text(content, "utf-8")

    code = main(["routing", "audit", written(tmp_path / "e.jsonl", []), "--agreement", str(tmp_path / "c.json")])

    assert code == 1
    assert "c.json is no agreement/compiled.json" in capsys.readouterr().err


def test_what_a_person_may_have_written_as_a_country_is_not_exported() -> None:
    world = SalesWorld()
    world.inquire()
    world.relay()
    lead, (offer, _) = next(iter(world.store.leads.values())), next(iter(world.store.offers.values()))
    plain = json.loads(json.dumps(offer.as_plain()))
    plain["history"][0]["ask"]["country"] = "Ada's home"

    (row,) = offer_lines.rows(lead.as_plain(), [plain], [], [])

    assert row["given"][0]["ask"]["country"] is None
    assert "Ada" not in json.dumps(row)
