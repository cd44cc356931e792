"""The linter finds each planted fault with its file, its line and what to write instead."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from local import agreement, cli
from local.agreement_definition import read_definition
from local.definition_diff import changes
from local.definition_file import parse, read
from local.definition_lint import Finding, findings_in, lint, lint_home
from local.definition_sheet import Sheet
from shared.domain.definition import compile_definition
from tests.local.definition_home import AROUND, DEFINITION, TODAY, copied, found, found_in_definition, line_of, spoil

HOME = agreement.HOME


@dataclass(frozen=True, slots=True)
class Planted:
    """One edit of the shipped file; `at` is the text on whose line the finding stands (default: what was written)."""

    old: str
    new: str
    code: str
    advice: str
    at: str = ""
    level: str = "error"
    besides: tuple[str, ...] = ()


NEWSLETTER = "when: {event: [newsletter_signup]}"
FAULTS = {
    "no signature of marketing": Planted(
        "  marketing: {name: Head of Marketing",
        "  finance: {name: Head of Finance",
        "missing",
        "Let marketing sign",
        at="signed_off:",
        besides=("unknown_word",),
    ),
    "signed tomorrow": Planted(
        'Sales, date: "2026-11-20"', 'Sales, date: "2026-11-23"', "signature_stale", "2026-11-22"
    ),
    "signed the year before": Planted(
        'Sales, date: "2026-11-20"', 'Sales, date: "2025-11-20"', "signature_stale", "Let sales sign version 2026.2"
    ),
    "a date that is none": Planted(
        'Sales, date: "2026-11-20"', 'Sales, date: "2026-02-30"', "signature_stale", "in quotes"
    ),
    "a date without quotes": Planted(
        'Sales, date: "2026-11-20"', "Sales, date: 2026-11-20", "signature_stale", "quotes"
    ),
    "one hand for both": Planted(
        "Head of Marketing", "Head of Sales", "one_hand", "each side", at="signed_off:", level="warning"
    ),
    "a vague criterion": Planted(
        NEWSLETTER, "when: {shows: real interest}", "vague_criterion", "Name what is measured"
    ),
    "a criterion in prose": Planted(NEWSLETTER, "when: seems to like us", "vague_criterion", "Name what is measured"),
    "a rule without a criterion": Planted(
        f", {NEWSLETTER}", "", "vague_criterion", "Name what is measured", at="id: newsletter,"
    ),
    "an act asked of fit": Planted(
        "when: {field: phone, present: true}",
        "when: {event: [pricing_view]}",
        "criterion_not_here",
        "belongs under engagement",
        besides=("counted_twice",),
    ),
    "a field nobody captures": Planted(
        "when: {field: message, present: true}",
        "when: {field: mesage, present: true}",
        "field_not_captured",
        "Did you mean message?",
    ),
    "an answer nobody can give": Planted(
        "is: [Now, Within 3 months]", "is: [Now, Next quarter]", "never_answered", "Write one of"
    ),
    "a word that is never read": Planted(
        "has_word: [senior, staff", "has_word: [Senior, staff", "never_answered", "`senior`"
    ),
    "a free mail host with an at sign": Planted(
        "free_mail: [gmail.com", 'free_mail: ["@gmail.com"', "never_a_host", "gmail.com."
    ),
    "a competitor in capitals": Planted(
        "email_domain: [competitor.example]",
        "email_domain: [Competitor.example]",
        "never_a_host",
        "competitor.example.",
    ),
    "a competitor as an address of the web": Planted(
        "email_domain: [competitor.example]", 'email_domain: ["https://competitor"]', "never_a_host", "like gmail.com"
    ),
    "a country that is none": Planted("is: [CU, IR, KP, SY]", "is: [CU, Iran]", "never_answered", "two letters"),
    "a country that YAML reads as no": Planted("is: [CU, IR, KP, SY]", "is: [CU, NO]", "schema", "quotes"),
    "a context nobody sends": Planted(
        "context: video_pct", "context: video_percent", "context_not_sent", "Did you mean video_pct?"
    ),
    "a trace of the mouse": Planted("context: video_pct", "context: mouse_x", "raw_trace", "Use a counter"),
    "a counter beyond its end": Planted(
        "video_pct, at_least: 50", "video_pct, at_least: 101", "never_counted", "at most 100"
    ),
    "text taken for a number": Planted("context: video_pct", "context: utm_source", "not_a_number", "is: ["),
    "an act not in the catalogue": Planted(
        "event: [webinar_attended]}", "event: [webinar_visited]}", "event_unknown", "Did you mean"
    ),
    "an event that nobody may send": Planted(
        "video_watched: {from: [page, server]}", "video_watched: {from: []}", "event_without_from", "from: [page]"
    ),
    "an event without from": Planted(
        "video_watched: {from: [page, server]}", "video_watched: {}", "missing", "from: [page]"
    ),
    "content without a tag": Planted(
        "title: Trends of the year, journey: early,",
        "title: Trends of the year,",
        "content_untagged",
        "journey: early",
        at="title: Trends of the year",
    ),
    "a tag that no content has": Planted(
        "content: {kind: educational}}",
        "content: {journey: late, kind: educational}}",
        "content_tag_unknown",
        "late promotional",
    ),
    "an unknown group": Planted(
        "group: mail, points: 1", "group: mails, points: 1", "group_unknown", "Did you mean mail?"
    ),
    "an unknown group in a gate": Planted(
        "points_in: [title]", "points_in: [titel]", "group_unknown", "Did you mean title?"
    ),
    "a group nobody uses": Planted(
        "mail: 6}", "mail: 6, silence: 5}", "group_unused", "Take it out", at="groups:", level="warning"
    ),
    "a cap of the wrong sign": Planted(
        "points: 5, cap: 5, why: sub", "points: 5, cap: -5, why: sub", "cap_sign", "cap: 5"
    ),
    "a cap that cuts an act in pieces": Planted(
        "points: 3, cap: 12", "points: 3, cap: 10", "cap_not_multiple", "Write cap: 12 or cap: 9.", level="warning"
    ),
    "a cap that lets nothing through": Planted(
        "points: 5, cap: 5, why: sub", "points: 5, cap: 0, why: sub", "never_a_point", "Write cap: 5"
    ),
    "a group capped at nothing": Planted(
        "mail: 6}",
        "mail: 0}",
        "never_a_point",
        "Raise the group's cap",
        at="id: mail-opened",
        besides=("never_a_point",),
    ),
    "a fit rule behind a full group": Planted(
        "group: plan, points: 5, why: wants to start",
        "group: reach, points: 20, why: wants to start",
        "beyond_group",
        "Write at most 10",
        level="warning",
    ),
    "a fit rule whose group is full before it": Planted(
        "when: {field: job_title, has_word: [senior, staff, principal]}",
        "when: {all: [{field: job_title, has_word: [senior]}, {field: job_title, has_word: [ceo]}]}",
        "never_a_point",
        "put the rule first",
    ),
    "a fit rule that nobody meets": Planted(
        "when: {field: company_size, at_least: 201}",
        "when: {all: [{field: company_size, at_least: 201}, {field: company_size, at_most: 100}]}",
        "never_a_point",
        "change its condition",
    ),
    "points beyond the total": Planted(
        "points: 40, cap: 40, why: asked", "points: 140, cap: 140, why: asked", "beyond_total", "at most 100"
    ),
    "opens worth too much": Planted(
        "group: mail, points: 1, cap: 1", "group: mail, points: 2, cap: 2", "opens_too_dear", "points: 1 and cap: 1"
    ),
    "decay without an end": Planted(
        "window_days: 90, decay: {half_life_days: 30}",
        "decay: {half_life_days: 30}",
        "decay_without_window",
        "window_days, such as 120",
        level="warning",
    ),
    "a window longer than we keep anybody": Planted(
        "points: 2, cap: 2, window_days: 180",
        "points: 2, cap: 2, window_days: 2000",
        "beyond_retention",
        "at most 1096",
    ),
    "steps that do not rise": Planted(
        "steps: [{after_days: 30, percent: 50}]",
        "steps: [{after_days: 30, percent: 50}, {after_days: 20, percent: 20}]",
        "steps_not_ascending",
        "Order the steps",
    ),
    "steps that give more later": Planted(
        "steps: [{after_days: 30, percent: 50}]",
        "steps: [{after_days: 30, percent: 50}, {after_days: 40, percent: 70}]",
        "steps_not_ascending",
        "Order the steps",
    ),
    "a step at the end of the window": Planted(
        "steps: [{after_days: 30, percent: 50}]",
        "steps: [{after_days: 30, percent: 50}, {after_days: 60, percent: 20}]",
        "step_after_window",
        "Drop the step",
        level="warning",
    ),
    "a half-life of nothing": Planted(
        "half_life_days: 30}", "half_life_days: 0}", "no_time_to_decay", "at least 1 day"
    ),
    "a pattern that could hang": Planted(
        "when: {field: phone, present: true}",
        "when: {field: phone, matches: '(\\d+ ?)+$'}",
        "regex_refused",
        "has_word",
    ),
    "a pattern that is none": Planted(
        "when: {field: phone, present: true}", "when: {field: phone, matches: '(+49'}", "regex_refused", "has_word"
    ),
    "a score nobody can have": Planted(
        "{score_at_least: 75}", "{score_at_least: 101}", "threshold_unreachable", "Write at most 100"
    ),
    "an interest nobody can have": Planted(
        "{interest_at_least: 10}", "{interest_at_least: 60}", "threshold_unreachable", "Write at most 40"
    ),
    "an intent nobody can have": Planted(
        "{intent_at_least: 20}", "{intent_at_least: 99}", "threshold_unreachable", "Write at most 60"
    ),
    "a grade nobody can have": Planted(
        "A: 35, B: 25", "A: 90, B: 25", "grade_unreachable", "Change the band", besides=()
    ),
    "a level nobody can have": Planted('{"1": 40', '{"1": 140', "level_unreachable", "Change the band"),
    "grades upside down": Planted("A: 35, B: 25", "A: 35, B: 45", "bands_not_descending", "Write more than 45"),
    "a lowest grade above zero": Planted("D: 0}", "D: 5}", "bands_not_descending", "Write 0 for D"),
    "a gate of two minds": Planted(
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{all: [{score_at_least: 75}, {inquired: true}, {inquired: false}]}",
        "gate_contradictory",
        "Drop one",
    ),
    "a gate with bounds that cross": Planted(
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{all: [{score_at_least: 75}, {not: {score_at_least: 60}}, {inquired: true}]}",
        "gate_contradictory",
        "Drop one",
    ),
    "a gate with answers that exclude each other": Planted(
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{all: [{score_at_least: 75}, {field: company_size, at_least: 100}, {field: company_size, at_most: 10}]}",
        "gate_contradictory",
        "exclude each other",
    ),
    "marketing's gate above sales'": Planted(
        "{all: [{points_in: [title]}, ",
        "{all: [{score_at_least: 80}, {points_in: [title]}, ",
        "mql_stricter_than_sql",
        "Write at most 75",
        level="warning",
    ),
    "marketing's gate within sales'": Planted(
        "{all: [{points_in: [title]}, ",
        "{all: [{inquired: true}, {score_at_least: 75}, {points_in: [title]}, ",
        "mql_stricter_than_sql",
        "Ask for less here",
    ),
    "more touches than are remembered": Planted(
        "at_least: 3, over_weeks: 4", "at_least: 3, over_weeks: 80", "threshold_unreachable", "fewer weeks"
    ),
    "touches by a rule that there is not": Planted(
        "rule: educational-touch", "rule: education-touch", "rule_unknown", "Did you mean"
    ),
    "times of a rule that does not remember": Planted(
        "{inquired: true}, {field: timeframe, is: [Now]}",
        "{times: {rule: newsletter, at_least: 2, within_days: 7}}, {inquired: true}",
        "time_not_kept",
        "window_days: 7",
        level="warning",
    ),
    "a reward for the disqualified": Planted(
        "has_word: [senior, staff, principal]",
        "has_word: [senior, trainee]",
        "rewards_disqualified",
        "Take it out",
        level="warning",
    ),
    "nothing that we do not look for": Planted(
        "disqualifiers:\n",
        "disqualifiers: []\nother:\n",
        "disqualifiers_missing",
        "Name at least one",
        besides=("unknown_word",),
    ),
    "no minimum": Planted(
        "minimum: {any:",
        "minimal: {any:",
        "missing",
        "Draw the line",
        at="# The lead definition",
        besides=("unknown_word",),
    ),
    "a minimum that is disqualified": Planted(
        "when: {field: country, is: [CU, IR, KP, SY]}",
        "when: {any: [{field: company, present: true}, {email_domain: business}]}",
        "gate_contradictory",
        "exclude each other",
        at="  marketing_qualified: {all",
        besides=("gate_contradictory", "rewards_disqualified"),
    ),
    "a stage without an action": Planted(
        "  prospect: {action: work, owner", "  prospect: {owner", "missing", "Bind it to an action"
    ),
    "a stage without an owner": Planted(
        "  prospect: {action: work, owner: sales,", "  prospect: {action: work,", "missing", "owner: sales"
    ),
    "a stage without a next step": Planted(
        "next_step: Make the offer", 'next_step: ""', "outcome_missing", "nobody will act"
    ),
    "a stage of which nothing is said": Planted(
        "  prospect: {action: work, owner: sales, next_step: Make the offer}\n",
        "",
        "outcome_missing",
        "Add prospect:",
        at="outcomes:",
    ),
    "no time to answer a grade": Planted("C: 480, D: 1440}", "C: 480}", "sla_missing", "Give every grade a time"),
    "no time to answer at all": Planted(
        "    respond_within_minutes: {A1: 60, A: 120, B: 240, C: 480, D: 1440}\n",
        "",
        "sla_missing",
        "Give every grade",
        at="  sales_qualified:\n    action",
    ),
    "the best waits longest": Planted(
        "A: 120, B: 240", "A: 320, B: 240", "sla_upside_down", "at most 240", level="warning"
    ),
    "a buyer stage without a track": Planted(
        "    - {id: near-decision, buyer_stage: [active]",
        "    - {id: near-decision, buyer_stage: [starting]",
        "track_missing",
        "buyer_stage: [active]",
        at="  tracks:",
        besides=("track_unreachable",),
    ),
    "a permission without a track": Planted(
        "frequency: {mkt_email: {touches: 3, within_days: 7}}",
        "frequency: {mkt_email: {touches: 3, within_days: 7}, mkt_phone: {touches: 1, within_days: 30}}",
        "track_missing_for_permission",
        "buyer_stage: [active, starting, not_ready] and needs: mkt_phone",
        level="warning",
    ),
    "a permission without a track at one buyer stage": Planted(
        "    - {id: near-decision, buyer_stage: [active], needs: mkt_email}",
        "    - {id: call-back, buyer_stage: [active], needs: mkt_phone}",
        "track_missing_for_permission",
        "buyer_stage: [active] and needs: mkt_email",
        at="  frequency:",
        level="warning",
        besides=("frequency_missing",),
    ),
    "a track on which nobody may be touched": Planted(
        "    - {id: near-decision, buyer_stage: [active], needs: mkt_email}",
        "    - {id: near-decision, buyer_stage: [active], needs: mkt_email}\n"
        "    - {id: call-back, buyer_stage: [active], needs: mkt_phone}",
        "frequency_missing",
        "Add mkt_phone: {touches",
        at="    - {id: call-back",
    ),
    "a track that nobody reaches": Planted(
        "    - {id: educational-beginner, buyer_stage: [not_ready], content: {journey: early}, needs: mkt_email}\n"
        "    - {id: educational-monthly, buyer_stage: [not_ready], needs: mkt_email}\n",
        "    - {id: educational-monthly, buyer_stage: [not_ready], needs: mkt_email}\n"
        "    - {id: educational-beginner, buyer_stage: [not_ready], content: {journey: early}, needs: mkt_email}\n",
        "track_unreachable",
        "Put it before",
        at="    - {id: educational-beginner",
    ),
    "two personas of one id": Planted("id: small-team\n", "id: company-buyer\n", "persona_id_twice", "another id"),
    "two rules of one id": Planted(
        "{id: booth, dimension: interest, group: be",
        "{id: newsletter, dimension: interest, group: be",
        "rule_id_twice",
        "another id",
    ),
    "one act counted twice": Planted(
        "event: [webinar_attended]}}\n  - {id: article",
        "event: [webinar_attended, content_download]}}\n  - {id: article",
        "counted_twice",
        "Drop one",
        level="warning",
    ),
    "a mapping of an unknown field": Planted(
        "job_title: jobtitle", "title: jobtitle", "crm_field_unknown", "Did you mean job_title?", at="  hubspot:"
    ),
    "two fields into one place": Planted(
        "last_name: lastname", "last_name: firstname", "crm_target_twice", "another place"
    ),
    "half a BANT": Planted(", timeline: timeframe}", "}", "missing", "BANT needs all four", at="bant:"),
    "a BANT that nobody captures": Planted(
        "timeline: timeframe}", "timeline: start_date}", "bant_incomplete", "start_date: sales"
    ),
    "an inquiry that is none": Planted(
        "inquiry: [quote_request]", "inquiry: [trial_signup]", "no_inquiry", "Write one of"
    ),
    "a word that means nothing": Planted("once_per: week", "once_pr: week", "unknown_word", "Did you mean once_per?"),
    "a value that is not known": Planted("once_per: week", "once_per: month", "no_such_value", "day"),
    "a number in quotes": Planted("total_cap: 100", 'total_cap: "100"', "schema", "whole number"),
    "a key that stands twice": Planted(
        "total_cap: 100", "total_cap: 100\ntotal_cap: 90", "key_twice", "Keep one", at="total_cap: 90"
    ),
    "a file that is no YAML": Planted("total_cap: 100", "total_cap: [100", "not_yaml", "Mend the line", at="groups:"),
    "a family nobody scores": Planted(
        "family: industry,", "family: firmographics,", "family_unused", "family: industry", at="fit:\n", level="warning"
    ),
    "a field that is captured twice": Planted(
        "captured_elsewhere: {budget: sales,",
        "captured_elsewhere: {budget: sales, phone: enrichment,",
        "captured_twice",
        "Take it out here",
        level="warning",
    ),
}


@pytest.mark.requirement("N06", "A17a", "A17b", "A13a", "A13c", "A17d", "A21", "A9a", "A9b", "B55", "K5", "N14")
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_with_its_line_and_advice(name: str, tmp_path: Path) -> None:
    planted = FAULTS[name]
    home = copied(tmp_path)
    text = spoil(home, planted.old, planted.new)

    findings = found_in_definition(home)

    hit = [one for one in findings if (one.code, one.level) == (planted.code, planted.level)]
    line = line_of(text, planted.at or planted.new)
    assert [one for one in hit if one.line == line and planted.advice in one.advice], findings
    assert Path(hit[0].file).name == DEFINITION
    assert {one.code for one in findings} <= {planted.code, *planted.besides}


@pytest.mark.requirement("N06")
def test_there_are_more_than_enough_kinds_of_planted_faults() -> None:
    assert len({planted.code for planted in FAULTS.values()}) >= 40


@pytest.mark.requirement("N06", "A9a", "A17a", "A17b", "A21", "B51", "B57b")
def test_the_shipped_definition_has_no_fault_at_all() -> None:
    assert lint_home(HOME, TODAY) == []


# ------------------------------------------------------------------ what needs more than one edit


@pytest.mark.requirement("N10", "K4")
def test_a_counter_that_nobody_may_keep_is_an_error(tmp_path: Path) -> None:
    home = copied(tmp_path)
    for path in [*(home / "forms").glob("*.yaml"), *(home / "sources").glob("*.yaml")]:
        path.write_text(path.read_text("utf-8").replace("purpose: profiling", "purpose: share_3p"), "utf-8")

    findings = found(home)

    assert {one.code for one in findings} == {"counter_without_permission"}
    assert "Add a box with the purpose profiling" in findings[0].advice


@pytest.mark.requirement("B57b", "C64")
def test_a_track_needs_a_permission_that_somebody_asks_for(tmp_path: Path) -> None:
    home = copied(tmp_path)
    text = spoil(home, "[active], needs: mkt_email", "[active], needs: mkt_autocall")
    asked = replace(AROUND, purposes=frozenset({"mkt_email", "profiling"}))

    findings = lint([home / DEFINITION], asked)

    assert [(one.code, one.line) for one in findings] == [
        ("track_missing_for_permission", line_of(text, "  frequency:")),
        ("purpose_not_asked", line_of(text, "needs: mkt_autocall")),
    ]
    assert "add a box for it to a form" in findings[1].advice


@pytest.mark.requirement("A9b", "N06")
def test_what_was_changed_after_signing_is_refused_until_both_sign_again(tmp_path: Path) -> None:
    home = copied(tmp_path, compiled=True)
    text = spoil(home, "score_at_least: 75", "score_at_least: 70")
    changed = found(home)
    spoil(home, 'version: "2026.2"', 'version: "2026.3"')
    raised = found(home)
    spoil(home, '"2026-11-20"', '"2026-11-19"')

    assert [(one.code, one.line) for one in changed] == [("changed_after_signing", line_of(text, "version:"))]
    assert "Raise `version`" in changed[0].advice
    assert raised == []
    assert [one.code for one in found(home)] == ["signature_stale"]


@pytest.mark.requirement("B24a")
def test_a_rule_id_may_not_be_used_in_two_definitions(tmp_path: Path) -> None:
    home = copied(tmp_path)
    (home / "definitions").mkdir()
    shutil.copy(home / DEFINITION, home / "definitions" / "branch.yaml")

    findings = found(home)

    assert {(Path(one.file).name, one.code) for one in findings} == {("branch.yaml", "rule_id_twice")}
    assert len(findings) == len(list(Sheet(read(home / DEFINITION), AROUND).rules()))


def test_a_persona_may_not_have_a_gate_that_nobody_passes(tmp_path: Path) -> None:
    home = copied(tmp_path)
    line = "  - {id: company-buyer, name: Buyer at a company"
    text = spoil(home, line, line + ", gates: {sales_ready: {all: [{score_at_least: 99}, {intent_at_least: 70}]}}")

    findings = found(home)

    assert [(one.code, one.line) for one in findings] == [("threshold_unreachable", line_of(text, line))]
    assert findings[0].what.startswith("Nobody can ever meet personas.0.gates.sales_ready")


def test_the_agreement_is_not_compiled_while_the_linter_finds_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copied(tmp_path, compiled=True)
    spoil(home, "rule: educational-touch", "rule: educational")
    monkeypatch.setattr(agreement, "HOME", home)
    monkeypatch.setattr(agreement, "COMPILED", home / "compiled.json")
    before = (home / "compiled.json").read_bytes()

    status = agreement.main([])

    assert status == 1
    assert "error rule_unknown" in capsys.readouterr().err
    assert (home / "compiled.json").read_bytes() == before


HARMLESS = {
    "a rule by a pattern": ("when: {field: phone, present: true}", "when: {field: phone, matches: '^[+]49'}"),
    "a gate on role addresses of companies": (
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{all: [{score_at_least: 75}, {field: email, has_word: [info]}, {email_domain: business}]}",
    ),
    "a gate by a pattern and its opposite elsewhere": (
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{all: [{score_at_least: 75}, {not: {field: message, matches: 'free of charge'}}, {inquired: true}]}",
    ),
    "points that are lost": (
        "  - {id: booth,",
        "  - {id: lost, dimension: interest, group: mail, points: -2, cap: -4, why: w, when: {event: [email_click]}}\n"
        "  - {id: booth,",
    ),
    "a gate of two roads": (
        "{all: [{score_at_least: 75}, {inquired: true}]}",
        "{any: [{all: [{score_at_least: 75}, {inquired: true}]}, {all: [{intent_at_least: 50}, {fit_at_least: A}]}]}",
    ),
    "a range of sizes": (
        "when: {field: company_size, at_least: 201}",
        "when: {all: [{field: company_size, at_least: 201}, {field: company_size, at_most: 1000}]}",
    ),
    "a comment": ("# Points.", "# Points!"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_can_be_reached_is_never_called_out_of_reach(name: str, tmp_path: Path) -> None:
    home = copied(tmp_path)
    spoil(home, *HARMLESS[name])

    assert [one for one in found_in_definition(home) if one.code != "counted_twice"] == []


# ------------------------------------------------------------------ the command


def test_warnings_alone_do_not_forbid_a_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = copied(tmp_path)
    spoil(home, 'version: "2026.2"', 'version: "2026.3"')
    spoil(home, "points: 3, cap: 12", "points: 3, cap: 10")

    status = cli.main(["definition", "lint", str(home / DEFINITION)])

    assert status == 0
    assert "1 definition: 0 errors, 1 warnings" in capsys.readouterr().out


def test_the_findings_can_be_had_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = copied(tmp_path)
    spoil(home, 'version: "2026.2"', 'version: "2026.3"')
    text = spoil(home, "total_cap: 100", 'total_cap: "100"')

    status = cli.main(["definition", "lint", str(home / DEFINITION), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert (status, told["errors"], told["warnings"]) == (1, 1, 0)
    assert told["findings"][0]["line"] == line_of(text, 'total_cap: "100"')
    assert set(told["findings"][0]) == {"file", "line", "level", "code", "what", "advice"}


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read"), ("", "Input should be"), ("- 1", "Input should be"), ("a: &a [*a]", "no YAML")],
)
def test_a_file_that_is_no_definition_is_a_finding(
    tmp_path: Path, content: str | None, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "draft.yaml"
    if content is not None:
        path.write_text(content, "utf-8")

    assert cli.main(["definition", "lint", str(path)]) == 1
    assert why in capsys.readouterr().out


@pytest.mark.requirement("A17b")
def test_the_share_of_leads_that_fill_a_field_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.jsonl"
    lines: list[dict[str, Any]] = [
        {"type": "event", "lead": "a", "fields": {"email": "@example.com", "job_title": "CTO"}},
        {"type": "event", "lead": "a", "fields": {"company": "Example Engines"}},
        {"type": "event", "lead": "b", "fields": {"email": "@example.com"}},
        {"type": "outcome", "lead": "b", "outcome": "lost"},
    ]
    history.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    status = cli.main(["definition", "lint", "--events", str(history), "--json"])

    told = json.loads(capsys.readouterr().out)
    share = told["coverage"]["percent"]
    assert (status, told["coverage"]["leads"]) == (0, 2)
    assert (share["email"], share["job_title"], share["company"], share["budget"]) == (100.0, 50.0, 50.0, 0.0)
    assert "Nobody of 2 leads filled `budget`." in [one["what"] for one in told["findings"]]


def test_an_export_that_is_none_is_one_clear_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = tmp_path / "history.jsonl"
    history.write_text('{"type": "event", "lead": "a", "fields": {}}\nnot json', "utf-8")

    assert cli.main(["definition", "lint", "--events", str(history)]) == 1
    assert f"{history}:2: this is no JSON line of an export." in capsys.readouterr().err


# ------------------------------------------------------------------ whatever the shape

SHIPPED = yaml.safe_load((HOME / DEFINITION).read_text("utf-8"))
ODD = st.sampled_from(
    [None, True, 0, -3, 10**9, 1.5, "", "x", [], ["x"], [[]], {}, {"x": 1}, {"all": [7]}, {"not": None}]
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(deeper for name, one in inner for deeper in places(one, (*place, name)))]


@given(st.lists(st.tuples(st.sampled_from(places(SHIPPED)[1:]), ODD), min_size=1, max_size=3))
@settings(max_examples=40)
def test_no_shape_of_a_file_stops_the_linter_or_the_comparison(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    plain = json.loads(json.dumps(SHIPPED))
    for place, value in edits:
        replace_at(plain, place, value)

    findings = findings_in(Sheet(parse(yaml.safe_dump(plain), "draft.yaml"), AROUND))

    assert all(isinstance(one, Finding) and one.line >= 1 and one.advice for one in findings)
    assert all(one.what for one in [*changes(SHIPPED, plain), *changes(plain, SHIPPED)])


def replace_at(plain: Any, place: tuple[Any, ...], value: Any) -> None:
    """Puts the value there, if an earlier edit has left the place."""
    for name in place[:-1]:
        if not (isinstance(plain, dict) and name in plain) and not (
            isinstance(plain, list) and isinstance(name, int) and name < len(plain)
        ):
            return
        plain = plain[name]
    if isinstance(plain, dict) or (isinstance(plain, list) and isinstance(place[-1], int) and place[-1] < len(plain)):
        plain[place[-1]] = value


@pytest.mark.parametrize("name", [name for name, planted in FAULTS.items() if planted.level == "warning"])
def test_what_has_warnings_only_can_be_compiled(name: str, tmp_path: Path) -> None:
    home = copied(tmp_path)
    spoil(home, FAULTS[name].old, FAULTS[name].new)

    assert compile_definition(read_definition(home / DEFINITION)).version == "2026.2"


SIZE_IN_A_FORM = "form_id: {name}\nfields:\n  - {{name: company_size, kind: {kind}{choices}}}\n"


@pytest.mark.parametrize(
    ("second", "is_told"),
    [
        (("size", ', choices: ["1001+"]'), True),
        (("size", ', choices: ["1001+", "5000+"]'), False),
        (("text", ""), False),
    ],
)
def test_a_size_above_every_choice_is_told_unless_somebody_may_write_any(
    tmp_path: Path, second: tuple[str, str], is_told: bool
) -> None:
    home = copied(tmp_path)
    shutil.rmtree(home / "sources")
    for path in (home / "forms").glob("*.yaml"):
        path.unlink()
    for name, (kind, choices) in {"first": ("size", ', choices: ["1-10", "11-50"]'), "second": second}.items():
        (home / "forms" / f"{name}.yaml").write_text(SIZE_IN_A_FORM.format(name=name, kind=kind, choices=choices))
    text = spoil(home, "{field: company_size, at_least: 201}", "{field: company_size, at_least: 5000}")

    told = [one.line for one in found(home) if one.code == "never_answered" and "`5000`" in one.what]

    assert told == ([line_of(text, "at_least: 5000")] if is_told else [])
