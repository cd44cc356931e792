"""`leadgate answers` as a sales office types it: what is wrong with a file, and the file against a local stack."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import answers_command
from local.answers_command import Where
from local.answers_file import COLUMNS, EXAMPLE, MOST_ROWS, Row, Wrong, advice_for, read
from local.cli import main
from local.unusable import Unusable
from shared.domain.errors import Fault
from tests.builders import ADA
from tests.support.stack import Running, received, serving

NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
LEAD = "7565b9db902409a0fdc1650e559e5a22"
HEAD = "lead_id,kind,actor_id,next_stage_interest"
TALKED = f"{LEAD},contacted,dach-1,yes"


def a_table(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join((head, *rows)).encode()


def test_the_template_is_a_table_that_can_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["answers", "template"]) == 0
    printed = capsys.readouterr().out
    (tmp_path / "answers.csv").write_text(printed, "utf-8")

    rows, wrong = read(EXAMPLE.encode(), NOW)

    assert (printed, wrong, [row.line for row in rows]) == (EXAMPLE, [], [2, 3, 4, 5, 6])
    assert rows[1].body["confirms"] == {"intent": True, "budget": True, "fit": True}
    assert (rows[3].body["amount"], rows[3].body["currency"]) == (125_000, "EUR")
    assert rows[4].body["actor"] == {"team": "sales", "id": "dach-2"}
    assert {row.body["answer_id"] for row in rows} == {row.body["answer_id"] for row in read(EXAMPLE.encode(), NOW)[0]}
    assert len({row.body["answer_id"] for row in rows}) == 5


@pytest.mark.parametrize(
    "raw",
    [
        a_table(TALKED),
        b"\xef\xbb\xbf" + a_table(TALKED).replace(b",", b";").replace(b"\n", b"\r\n"),
        a_table(TALKED).replace(b",", b"\t"),
        b"sep=;\r\n" + a_table(TALKED).replace(b",", b";"),
        a_table("", TALKED.upper().replace(LEAD.upper(), LEAD).replace("DACH-1", "dach-1"), " , , , "),
        a_table(f'"{LEAD}"," contacted ","dach-1","yes"', head=HEAD.upper()),
    ],
)
def test_a_table_is_understood_as_spreadsheets_write_it(raw: bytes) -> None:
    rows, wrong = read(raw, NOW)

    body = {"kind": "contacted", "actor": {"team": "sales", "id": "dach-1"}, "next_stage_interest": "yes"}
    assert wrong == []
    assert [{name: value for name, value in row.body.items() if name != "answer_id"} for row in rows] == [body]
    assert rows[0].body["answer_id"] == read(a_table(TALKED), NOW)[0][0].body["answer_id"]


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        ("x,contacted,dach-1,yes", "lead_id: the 32 characters"),
        ("7.57E+31,contacted,dach-1,yes", "a spreadsheet may have changed them"),
        (f"{LEAD},phoned,dach-1,yes", "kind: one of accepted, rejected"),
        (f"{LEAD},contacted,ada@example.com,yes", "actor_id: the id of the person in sales"),
        (f"{LEAD},contacted,,yes", "actor_id: "),
        (f"{LEAD},contacted,dach-1,perhaps", "next_stage_interest: one of yes, no, unknown."),
        (f"{LEAD},rejected,dach-1,no", "reason: one of wrong_title"),
        (f"{LEAD},contacted,dach-1,yes,spam", "reason: leave it empty for contacted."),
        (f"{LEAD},accepted,dach-1,yes,,maybe", "budget: yes, no, or empty."),
        (f"{LEAD},contacted,dach-1,yes,,yes", "confirms: intent, budget, fit go with accepted"),
        (f"{LEAD},contacted,dach-1,yes,,,marketing", "actor_team: this is not theirs to say."),
        (f"{LEAD},contacted,dach-1,yes,,,finance", "actor_team: sales; nobody else"),
        (f"{LEAD},contacted,dach-1,yes,,,,09.03.2026", "at: when it was, with its zone"),
        (f"{LEAD},contacted,dach-1,yes,,,,2999-01-01T00:00:00Z", "at: when it was, with its zone"),
        (f"{LEAD},contacted,dach-1,yes,,,,,short", "answer_id: 16 to 64"),
        (f"{LEAD},contacted,dach-1,yes,,,,,,more,and more", "row: more cells than the header"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_advice(row: str, advice: str) -> None:
    rows, wrong = read(a_table(TALKED, row, head=f"{HEAD},reason,budget,actor_team,at,answer_id"), NOW)

    assert len(rows) == 1
    assert [one.line for one in wrong] == [3]
    assert advice in " ".join(wrong[0].advice)
    assert "ada@example.com" not in " ".join(wrong[0].advice)


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        (f"{LEAD},won,dach-1,,1250.005,EUR", "amount: what was won, such as 1250.00"),
        (f"{LEAD},won,dach-1,,1250.00,", "currency: three letters"),
        (f"{LEAD},won,dach-1,,,EUR", "amount: what was won"),
        (f"{LEAD},won,dach-1,,1250,Euro", "currency: three letters"),
        (f"{LEAD},contacted,dach-1,yes,1250,EUR", "amount: leave it empty for contacted"),
    ],
)
def test_an_amount_that_cannot_be_meant_is_named(row: str, advice: str) -> None:
    _, wrong = read(a_table(row, head=f"{HEAD},amount,currency"), NOW)

    assert advice in " ".join(wrong[0].advice)


def test_an_amount_is_sent_in_minor_units() -> None:
    rows, wrong = read(a_table(f"{LEAD},won,dach-1,,125000,jpy", head=f"{HEAD},amount,currency"), NOW)

    assert wrong == []
    assert (rows[0].body["amount"], rows[0].body["currency"]) == (125_000, "JPY")


def test_a_row_that_stands_twice_is_sent_once_and_a_name_that_is_used_twice_is_wrong() -> None:
    head, name = f"{HEAD},answer_id", "answer-of-march-1"
    rows, wrong = read(
        a_table(f"{TALKED},{name}", f"{TALKED},{name}", f"{LEAD},contacted,dach-2,yes,{name}", head=head), NOW
    )

    assert [row.line for row in rows] == [2]
    assert wrong == [Wrong(4, ("answer_id: line 2 has it too and says something else. Give another.",))]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "lacks lead_id, kind, actor_id"),
        (a_table(TALKED, head="lead_id,kind,actor"), "lacks actor_id; 1 columns of the header are not known"),
        (a_table(TALKED, head=f"{HEAD},kind"), "kind stands twice"),
        (a_table(TALKED).decode().encode("utf-16"), "not UTF-8"),
        (a_table(f'{LEAD},"contacted'), "cannot be read as CSV"),
        (a_table(*[TALKED] * (MOST_ROWS + 1)), "Send them in parts"),
    ],
)
def test_what_is_no_table_of_answers_is_refused_whole(raw: bytes, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read(raw, NOW)


def test_every_refusal_of_the_door_has_advice() -> None:
    for code in ("illegal_move", "not_theirs", "before_the_offer", "key_reused", "test_lead", "too_many_answers"):
        assert ":" in advice_for(Fault("/kind", code))
    assert advice_for(Fault("", "odd")) == "row: odd."
    assert set(COLUMNS) >= {"lead_id", "kind", "at", "timeframe"}


@pytest.fixture
def ready(tmp_path: Path) -> list[str]:
    path = tmp_path / "ready.json"
    told = {"api_url": "http://127.0.0.1:9", "aws_endpoint_url": "", "region": "us-east-1", "aws_access_key_id": "x"}
    path.write_text(json.dumps({**told, "aws_secret_access_key": "y"}), "utf-8")
    return ["--ready-file", str(path)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere.csv", "--dry-run"], "nowhere.csv cannot be read"),
        (["{file}"], "Say where"),
        (["{file}", "--ready-file", "{file}"], "no ready file"),
        (["{file}", "--ready-file", "nowhere.json"], "Is `leadgate serve` running"),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(a_table(TALKED))

    assert main(["answers", "import", *(one.format(file=path) for one in arguments)]) == 1

    assert why in capsys.readouterr().err


def test_nobody_there_is_said(tmp_path: Path, ready: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(a_table(TALKED))

    assert main(["answers", "import", str(path), *ready]) == 1

    assert "http://127.0.0.1:9 cannot be reached." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "told", "became", "advice"),
    [
        (200, {}, "taken", ()),
        (409, {"errors": [{"pointer": "/kind", "code": "illegal_move"}]}, "wrong", ("kind: the lead is not where",)),
        (404, {}, "wrong", ("lead_id: there is no such lead.",)),
        (410, {}, "wrong", ("lead_id: this person was erased",)),
        (418, {}, "wrong", ("row: answered 418.",)),
        (503, {}, "wrong", ("row: the stack is busy",)),
    ],
)
def test_each_answer_of_the_door_is_told(
    monkeypatch: pytest.MonkeyPatch, status: int, told: dict[str, Any], became: str, advice: tuple[str, ...]
) -> None:
    asked: list[int] = []

    def ask(*_: object) -> tuple[int, dict[str, Any], dict[str, str]]:
        asked.append(status)
        return status, told, {}

    monkeypatch.setattr(answers_command, "asked", ask)
    monkeypatch.setattr(answers_command.time, "sleep", lambda _: None)

    found, why = answers_command._answered(Where("", {}), Row(2, LEAD, {"kind": "contacted"}))

    assert (found, len(asked)) == (became, 5 if status == 503 else 1)
    assert [text[: len(start)] for text, start in zip(why, advice, strict=True)] == list(advice)


def test_whoever_may_not_answer_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_command, "asked", lambda *_: (403, {}, {}))

    with pytest.raises(Unusable, match="SalesAnswerPolicy"):
        answers_command._answered(Where("", {}), Row(2, LEAD, {"kind": "contacted"}))


def post(running: Running) -> None:
    url = f"{running.ready['api_url']}/v1/forms/demo-request/submissions"
    body = json.dumps({"fields": ADA, "consents": {"mkt_email": True}}).encode()
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=20):
        pass


def test_a_file_is_brought_into_a_local_stack_and_may_be_sent_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.csv"
    with serving(tmp_path) as running:
        post(running)
        (message,) = received(running)
        lead_id, here = message["subject"], ["--ready-file", str(running.ready_file)]
        rows = [
            f"{lead_id};accepted;dach-1;yes;yes;yes;yes",
            f"{lead_id};won;dach-1;;;;",
            f"{'0' * 32};contacted;d;yes;;;",
        ]
        head = "lead_id;kind;actor_id;next_stage_interest;intent;budget;fit"
        path.write_bytes(b"\xef\xbb\xbf" + a_table(*rows, head=head))

        tried = main(["answers", "import", str(path), "--dry-run"])
        dry = capsys.readouterr().out
        first = main(["answers", "import", str(path), *here])
        said = capsys.readouterr().out
        path.write_bytes(a_table(rows[0], head=head))
        again = main(["answers", "import", str(path), *here])
        known = capsys.readouterr().out
        with urllib.request.urlopen(f"{running.ready['api_url']}/v1/leads/{lead_id}", timeout=20) as shown:
            lead = json.load(shown)

    assert (tried, dry) == (0, "3 rows: 3 would be sent, 0 wrong\n")
    assert first == 1
    assert said.splitlines() == [
        f"{path}:3: kind: the lead is not where this could be said; look at its stage.",
        f"{path}:4: lead_id: there is no such lead.",
        "3 rows: 1 taken, 2 wrong",
    ]
    assert (again, known) == (0, "1 rows: 0 taken, 1 known already, 0 wrong\n")
    assert (lead["stage"], lead["owner_id"]) == ("sales_accepted", "dach-1")
