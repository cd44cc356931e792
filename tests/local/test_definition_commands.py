"""The definition in sentences, a lead judged by it, two definitions compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local import cli
from local.agreement_definition import read_definition
from local.definition_diff import changes
from local.definition_options import SHIPPED
from local.definition_sentence import sentences

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "definition.txt"
TEXT = SHIPPED.read_text("utf-8")
RIGHT = {
    "email": "@example.com",
    "job_title": "Head of Operations",
    "company": "Example Engines",
    "company_size": "201-1000",
}
ALLOWED = ["reply", "mkt_email", "profiling"]
AT = "2026-05-20T12:00:00Z"


def an_event(kind: str, day: str = "2026-05-20", **changes: Any) -> dict[str, Any]:
    plain = {"type": "event", "lead": "a", "event_id": f"{kind}-{day}", "at": f"{day}T09:00:00.000Z", "kind": kind}
    return {**plain, "fields": {}, "context": {}, "judged": True, "permission": ALLOWED, **changes}


def judged(tmp_path: Path, capsys: pytest.CaptureFixture[str], *events: dict[str, Any], at: str = AT) -> dict[str, Any]:
    path = tmp_path / "lead.json"
    path.write_text(json.dumps({"events": events}), "utf-8")
    assert cli.main(["definition", "score", "--lead", str(path), "--at", at, "--explain", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


# ------------------------------------------------------------------ sentence


@pytest.mark.requirement("A17c", "C18a", "N06")
def test_the_definition_reads_as_sentences_that_sales_can_sign(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["definition", "sentence"]) == 0

    told = capsys.readouterr().out
    assert told == GOLDEN.read_text("utf-8"), "leadgate definition sentence > tests/golden/definition.txt, then read it"


@pytest.mark.requirement("A17c")
def test_every_rule_disqualifier_persona_and_stage_is_spoken_of() -> None:
    plain = read_definition(SHIPPED)

    told = "\n".join(sentences(plain))

    for part in [*plain["fit"], *plain["engagement"], *plain["disqualifiers"]]:
        assert part["why"] in told
    assert all(persona["name"] in told for persona in plain["personas"])
    assert all(outcome["next_step"] in told for outcome in plain["outcomes"].values())
    assert all(track["id"] in told for track in plain["nurture"]["tracks"])


@pytest.mark.parametrize("command", [["sentence"], ["score", "--lead", "x.json", "--definition"]])
def test_a_file_that_is_no_definition_is_one_clear_sentence(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text("version: x", "utf-8")

    assert cli.main(["definition", *command, str(path)]) == 1
    assert f"is no definition: `leadgate definition lint {path}` says why." in capsys.readouterr().err


# ------------------------------------------------------------------ score

MANY = [an_event("content_download", f"2026-05-{day:02d}") for day in (1, 8, 15)]
YES_OR_NO: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "right title, right company, asks for a demo": ("sales_qualified", [an_event("demo_request", fields=RIGHT)]),
    "the same without an inquiry": ("lead", [an_event("trial_signup", fields=RIGHT)]),
    "the same with two guides": ("marketing_qualified", [an_event("content_download", fields=RIGHT), *MANY]),
    "asks for a quote": ("sales_qualified", [an_event("quote_request", fields=RIGHT)]),
    "writes to us": ("sales_qualified", [an_event("contact_request", fields=RIGHT)]),
    "answers sales' mail well": (
        "sales_qualified",
        [an_event("newsletter_signup", fields=RIGHT), an_event("positive_reply")],
    ),
    "a perfect fit that did nothing": ("lead", [an_event("newsletter_signup", fields=RIGHT)]),
    "a wrong title, much interest": (
        "lead",
        [an_event("webinar_attended", fields={**RIGHT, "job_title": "Poet"}), *MANY],
    ),
    "the right title, no company": (
        "lead",
        [an_event("content_download", fields={"email": "@gmail.com", "job_title": "CEO"}), *MANY],
    ),
    "a student who asks": ("disqualified", [an_event("demo_request", fields={**RIGHT, "job_title": "Student, CEO"})]),
    "a competitor who asks": (
        "disqualified",
        [an_event("demo_request", fields={**RIGHT, "email": "@competitor.example"})],
    ),
    "from an embargoed country": ("disqualified", [an_event("demo_request", fields={**RIGHT, "country": "KP"})]),
    "asks, but hardly fits": ("lead", [an_event("demo_request", fields={"email": "@gmail.com"})]),
    "one pricing guide": (
        "lead",
        [an_event("content_download", fields={"email": "@example.com"}, context={"lead_magnet": "pricing-guide"})],
    ),
    "looks at prices every day": (
        "lead",
        [
            an_event("newsletter_signup", fields=RIGHT),
            *(an_event("pricing_view", f"2026-05-{d:02d}") for d in range(9, 20)),
        ],
    ),
    "opens every mail": (
        "lead",
        [
            an_event("newsletter_signup", fields=RIGHT),
            *(an_event("email_open", f"2026-05-{d:02d}") for d in range(1, 20)),
        ],
    ),
    "came to a webinar": (
        "marketing_qualified",
        [an_event("content_download", fields=RIGHT), an_event("webinar_attended")],
    ),
    "was at the booth": ("lead", [an_event("newsletter_signup", fields=RIGHT), an_event("booth_visit")]),
    "forbids to be judged": ("lead", [an_event("demo_request", fields=RIGHT, judged=False, permission=["reply"])]),
    "a founder of a small team asks": (
        "sales_qualified",
        [an_event("demo_request", fields={**RIGHT, "job_title": "Founder", "company_size": "1-10", "message": "…"})],
    ),
}


@pytest.mark.requirement("A17c", "C68b", "B24b", "B20", "A13a", "C13b", "C35b", "B26b", "B28", "N10")
@pytest.mark.parametrize("name", YES_OR_NO)
def test_each_lead_is_told_yes_or_no(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage, events = YES_OR_NO[name]

    told = judged(tmp_path, capsys, *events)

    assert told["stage"] == stage
    assert round(sum(line["points"] for line in told["lines"]), 1) == told["score"]


def test_there_are_twenty_leads_to_be_told() -> None:
    assert len(YES_OR_NO) == 20


@pytest.mark.requirement("F21", "F22", "N04")
def test_each_line_says_what_a_cap_or_age_has_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lead.jsonl"
    events = [an_event("webinar_attended", "2026-02-19"), *MANY, an_event("demo_request", fields={"job_title": "CEO"})]
    path.write_text("\n".join(map(json.dumps, events)), "utf-8")

    status = cli.main(["definition", "score", "--lead", str(path), "--at", "2026-05-20T09:00:00Z", "--explain"])

    told = capsys.readouterr().out
    assert status == 0
    assert "was 20 on 15 May 2026, half-life 90 days" in told
    assert "of 5, capped by group content" in told
    assert "persona         company-buyer\nstage           lead (action:qualifying)" in told


@pytest.mark.requirement("A9c")
def test_every_persona_is_told_and_the_best_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = {"email": "@gmail.com", "job_title": "Founder", "company": "Example Engines", "company_size": "11-50"}

    told = judged(tmp_path, capsys, an_event("demo_request", fields=small))

    assert told["persona"] == "small-team"
    assert told["verdicts"]["small-team"]["score"] == told["verdicts"]["company-buyer"]["score"] + 10


@pytest.mark.requirement("N03")
def test_what_came_later_does_not_count_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [an_event("newsletter_signup", "2026-05-01", fields=RIGHT), an_event("demo_request", "2026-05-20")]

    told = judged(tmp_path, capsys, *events, at="2026-05-10T00:00:00Z")

    assert (told["stage"], told["events"]) == ("lead", 1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        ("no json", "or one event a line"),
        ('{"events": [{"kind": "demo_request", "at": "yesterday"}]}', "event 1 needs a `kind` and `at`"),
        ('{"events": [{"at": "2026-05-03T09:00:00Z"}]}', "event 1 needs a `kind` and `at`"),
        ('{"lead": "a", "kind": "x", "at": "2026-05-03T09:00:00Z"}\n{"lead": "b"}', "events of several leads"),
    ],
)
def test_a_lead_that_cannot_be_read_is_one_clear_sentence(
    content: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lead.json"
    if content is not None:
        path.write_text(content, "utf-8")

    assert cli.main(["definition", "score", "--lead", str(path)]) == 1
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("at", ["yesterday", "2026-05-20T12:00:00"])
def test_a_moment_without_a_zone_is_a_wrong_command(at: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["definition", "score", "--lead", "x", "--at", at])


# ------------------------------------------------------------------ diff

EDITS = [
    ('version: "2026.2"', 'version: "2026.3"', "The version is 2026.3 instead of 2026.2."),
    ('  marketing: {name: Head of Marketing, date: "2026-11-20"}\n', "", "The signature of marketing is missing"),
    (
        "{score_at_least: 75}",
        "{score_at_least: 70}",
        "now asks that the score is 70 or more, and no longer asks that the score is 75 or more.",
    ),
    ("points: 2, cap: 2, window", "points: 4, cap: 4, window", "The rule booth gives 4 points instead of 2."),
    ("half_life_days: 30}", "half_life_days: 20}", "decay is halving every 20 days instead of halving every 30 days."),
    (", partner, managing", ", managing", "The rule decision-maker (has_word) loses partner."),
    ("{id: booth,", "{id: stand,", "The rule booth is gone: 2 points of interest once, for 180 days, if"),
    ("why: visited our booth", "why: met us", "booth is explained as “met us” instead of “visited our booth”."),
    ("A: 35, B", "A: 30, B", "The floor of grade A is 30 instead of 35."),
    ("title: 20,", "title: 25,", "The cap of the group title is 25 instead of 20."),
    ("[student, intern", "[student, apprentice, intern", "The disqualifier student (has_word) gains apprentice."),
    (
        "name: Buyer at a company}",
        "name: Buyer at a company, minimum: {field: company, present: true}}",
        "For the persona company-buyer, the minimum is new: the company is given.",
    ),
    ("{A1: 60,", "{A1: 30,", "The stage sales_qualified, respond within minutes, A1 is 30 instead of 60."),
    ("[{intent_at_least: 5}", "[{intent_at_least: 9}", "The buyer stage starting holds if"),
    ("buyer_stage: [starting], needs", "buyer_stage: [starting, active], needs", "gains active."),
    ("  booth_visit: {from: [server]}\n", "", "The act booth_visit is gone"),
]


@pytest.mark.requirement("N06", "A23b")
@pytest.mark.parametrize(("old", "new", "said"), EDITS)
def test_a_change_is_told_in_words(
    old: str, new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in TEXT
    path = tmp_path / "draft.yaml"
    path.write_text(TEXT.replace(old, new, 1), "utf-8")

    assert cli.main(["definition", "diff", str(SHIPPED), str(path)]) == 0
    assert said in capsys.readouterr().out


def test_what_did_not_change_is_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text("# another comment\n" + TEXT.replace("{A1: 60, A: 120,", "{A: 120, A1: 60,"), "utf-8")

    assert cli.main(["definition", "diff", str(SHIPPED), str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["Nothing changed."]


def test_the_order_of_rules_is_a_change_because_caps_give_to_the_earlier_first() -> None:
    plain = read_definition(SHIPPED)

    found = changes(plain, {**plain, "fit": [plain["fit"][1], plain["fit"][0], *plain["fit"][2:]]})

    assert [one.what.partition(" changed")[0] for one in found] == ["the order of the fit"]


def test_the_changes_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "draft.yaml"
    path.write_text(TEXT.replace("A: 35, B", "A: 30, B"), "utf-8")

    assert cli.main(["definition", "diff", str(SHIPPED), str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == [
        {
            "group": "Gates and thresholds",
            "place": ["fit_grades", "A"],
            "what": "the floor of grade A is 30 instead of 35.",
            "old": 35,
            "new": 30,
        }
    ]
