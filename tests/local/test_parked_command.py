"""The list of ad leads that were put aside, and the way to try them again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import cli, parked_command
from local.cli import parser
from local.unusable import Unusable
from shared.adapters.dynamodb_ads import DynamoAds
from shared.domain.ad_lead import Parked
from shared.domain.notification import from_body
from tests.support.clouds import NUMBERS, REGION, Cloud, fresh_tables

AT = "2026-03-02T12:00:00.000Z"
ASIDE = (
    Parked("linkedin-demo", "249592fc-6", "malformed_answer", AT),
    Parked("linkedin-demo", "unreadable", "unreadable_lead", AT),
    Parked("meta-demo", "123", "lead_gone", AT),
    Parked("meta", "124", "no_such_source", AT),
)


class Place:
    """A stack in which leads were put aside."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud, self.ready = cloud, folder / "ready.json"
        tables = fresh_tables(cloud)
        self.queue = cloud.client("sqs").create_queue(QueueName=f"again-{next(NUMBERS)}")["QueueUrl"]
        store = DynamoAds(cloud.dynamodb(), tables)
        for one in ASIDE:
            store.park(one)
        self.ready.write_text(json.dumps(self.told(tables.leads)), "utf-8")

    def told(self, leads: str) -> dict[str, str]:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region": REGION}
        return {"aws_endpoint_url": self.cloud.url, "leads_table": leads, "notifications_queue_url": self.queue, **keys}

    def run(self, *words: str) -> int:
        return parked_command.run(parser().parse_args(["parked", *words, "--ready-file", str(self.ready)]))


@pytest.fixture
def place(moto_cloud: Cloud, tmp_path: Path) -> Place:
    return Place(moto_cloud, tmp_path)


def test_everything_that_was_put_aside_is_listed_with_its_reason(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.run() == 0

    lines = capsys.readouterr().out.splitlines()
    assert f"linkedin-demo  249592fc-6  malformed_answer  {AT}" in lines
    assert len(lines) == len(ASIDE)


def test_one_source_can_be_asked_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run("meta-demo")

    assert capsys.readouterr().out == f"meta-demo  123  lead_gone  {AT}\n"


def test_a_source_that_does_not_exist_is_told_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["parked", "meta-demo", "nosuch"])

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "called nosuch." in said.err
    assert "linkedin-demo" in said.err


def test_what_can_be_named_is_put_back_into_the_queue(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.run("--retry")

    queue = {"QueueUrl": place.queue, "MaxNumberOfMessages": 10}
    messages = place.cloud.client("sqs").receive_message(**queue)["Messages"]
    notes = [from_body(message["Body"]) for message in messages]
    assert {(note.platform, note.source_id, note.lead_id) for note in notes} == {
        ("linkedin", "linkedin-demo", "249592fc-6"),
        ("meta", "meta-demo", "123"),
    }
    assert "2 put back" in capsys.readouterr().err


def test_without_a_table_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADS_TABLE", raising=False)

    with pytest.raises(Unusable, match="LEADS_TABLE"):
        parked_command.run(parser().parse_args(["parked"]))


@pytest.mark.parametrize("content", ["{", "{}", "[]"])
def test_a_file_that_is_no_ready_file_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ready.json"
    path.write_text(content, "utf-8")

    with pytest.raises(Unusable, match="no ready file"):
        parked_command.run(parser().parse_args(["parked", "--ready-file", str(path)]))


def test_a_ready_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read"):
        parked_command.run(parser().parse_args(["parked", "--ready-file", str(tmp_path / "none")]))
