"""`leadgate report --stored`, `--check` and `--rebuild`: the stored sums beside a count of every lead."""

from __future__ import annotations

from typing import Any

import pytest

from local import stored_figures
from local.cli import main
from local.leads_table import LeadsTable
from shared.adapters import figures_aws
from shared.adapters.dynamodb_ledger import DynamoLedger
from shared.adapters.dynamodb_sums import DynamoSums
from shared.domain.errors import Conflict
from shared.domain.figures import figures
from shared.domain.kpis import Summary
from shared.domain.stored_sums import PEERS, Sum
from shared.settings import from_environment
from tests.adapters.contract import write
from tests.support.clouds import Cloud, fresh_tables

WRONG = Sum(Summary({"all": {"first:lead": 99}}), 2, "2026-03-02T12:00:00.000Z")
BUSY = "1 sums were moved by others meanwhile: run it again."


@pytest.fixture
def table(moto_cloud: Cloud) -> LeadsTable:
    """Three leads that nobody has counted yet."""
    tables = fresh_tables(moto_cloud)
    for number in (1, 2, 3):
        write(DynamoLedger(moto_cloud.dynamodb(), tables), number, email=f"ada{number}@example.com")
    return LeadsTable(from_environment({"LEADS_TABLE": tables.leads}), moto_cloud.dynamodb())


def damaged(table: LeadsTable) -> None:
    store = figures_aws.store(table.settings, table.dynamodb)
    shard, name, _ = next(one for one in store.all_sums() if one[1] == "2026-03")
    store.put_right(shard, name, WRONG)


@pytest.mark.requirement("C50")
def test_leads_that_nobody_counted_are_missed_until_a_rebuild_counts_them(table: LeadsTable) -> None:
    with pytest.raises(ValueError, match="`leadgate report --tables --rebuild`"):
        stored_figures.totals(table)
    missed, _ = stored_figures.check(table)
    code, (said,) = stored_figures.rebuild(table)

    assert (missed, code) == (1, 0)
    assert said == "3 leads counted otherwise than before, 0 sums put right."
    assert stored_figures.check(table)[0] == 0
    assert figures(stored_figures.totals(table).summary).leads == 3


def test_a_sum_that_is_not_what_its_leads_add_is_found_and_put_right(table: LeadsTable) -> None:
    stored_figures.rebuild(table)
    damaged(table)

    code, (difference,) = stored_figures.check(table)

    assert code == 1
    assert "99 leads stored, " in difference
    assert stored_figures.rebuild(table)[1] == ["0 leads counted otherwise than before, 1 sums put right."]
    assert stored_figures.check(table)[0] == 0


def test_a_sum_that_moves_under_the_rebuild_is_left_for_the_next_one(
    table: LeadsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def somebody_was_faster(*_: Any) -> None:
        raise Conflict("moved")

    stored_figures.rebuild(table)
    damaged(table)
    monkeypatch.setattr(DynamoSums, "put_right", somebody_was_faster)

    code, said = stored_figures.rebuild(table)

    assert (code, said[1]) == (1, BUSY)


def test_of_the_ranks_no_leads_are_named_for_they_are_counted_elsewhere(table: LeadsTable) -> None:
    stored_figures.rebuild(table)
    store = figures_aws.store(table.settings, table.dynamodb)
    shard, name, _ = next(one for one in store.all_sums() if one[1] == PEERS)
    store.put_right(shard, name, Sum(Summary({"default": {"99": 7}}), 2, WRONG.at))

    _, (difference,) = stored_figures.check(table)

    assert difference.startswith("peers, shard ")
    assert difference.endswith("numbers differ")


@pytest.mark.parametrize("option", ["--check", "--rebuild"])
def test_a_check_makes_no_report_and_says_so(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = ["--json", "--html", "page.html", "--spend", "spend.csv"]

    assert main(["report", "--tables", option, *report]) == 1
    assert "make no report: leave out --json, --html, --spend." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["report", "worklist"])
def test_a_table_takes_no_answers_from_a_file(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--tables", "--outcomes", "answers.jsonl"]) == 1
    assert "--outcomes goes with --events" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--stored", "--check", "--rebuild"])
def test_only_a_table_has_stored_sums(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--events", "history.jsonl", option]) == 1
    assert "only a table has stored sums" in capsys.readouterr().err
