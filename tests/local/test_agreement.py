"""The agreement's files are checked before they are compiled; each refusal names the file and the reason."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from local.agreement import compile_agreement, main

FORM = "forms/demo-request.yaml"


def spoil(home: Path, file: str, old: str, new: str) -> None:
    text = (home / file).read_text("utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "advice"),
    [
        (FORM, "channel: email,", "channel: email, prechecked: true,", "Planet49"),
        (FORM, "channel: email,", "channel: email, required: true,", "Art. 7"),
        (FORM, "channel: email,", "channel: email, bundled: true,", "Art. 7"),
        (FORM, "purpose: mkt_email, channel: email,", "purpose: mkt_email, channel: phone,", "its channel is email"),
        (FORM, "name: first_name", "name: last_name", "named twice"),
        (FORM, "name: first_name", "name: consent_first", "something else in a flat form"),
        (FORM, "name: first_name", "name: phone_ext", "something else in a flat form"),
        (FORM, "notice: website-privacy@2", "notice: website-privacy@9", "has no file"),
        (FORM, "action: demo_request", "action: page_view", "not in the catalogue"),
        (FORM, "thanks_url: /thanks", "thanks_url: //evil.example", "thanks_url"),
        (FORM, "thanks_url: /thanks", "thanks_url: javascript:alert(1)", "thanks_url"),
        (FORM, "version: 3", "version: two", "version"),
        (FORM, "enabled: true", "enabled: true\nsurprise: 1", "surprise"),
        (FORM, "fields:", "fields: [", "demo-request.yaml"),
        ("definition.yaml", "  marketing: {name", "  finance: {name", "signed_off.marketing"),
        ("definition.yaml", "group: inquiry, points", "group: nowhere, points", "unknown group nowhere"),
        ("definition.yaml", "id: company-named", "id: decision-maker", "used twice"),
        ("definition.yaml", "points: 40, cap: 40", "points: 40", "engagement.0.cap"),
        ("definition.yaml", "points: 40, cap: 40", "points: 40, cap: -40", "same sign"),
        ("definition.yaml", "points: 40, cap: 40", "points: 1, cap: 61", "at most 60 times"),
        ("definition.yaml", "present: true}}", "present: true, at_least: 3}}", "needs one test"),
        ("definition.yaml", "{field: company, present: true}", "{field: company, looks: good}", "looks"),
        ("definition.yaml", "has_word: [chief", "matches: '(', has_word: [chief", "needs one test"),
        ("definition.yaml", "[{field: company, present: true}, {email", "[{}, {email", "exactly one of"),
        ("definition.yaml", "{half_life_days: 14}", "{half_life_days: 14, linear_days: 3}", "a decay is one of"),
        ("definition.yaml", "content: {kind: educational}", "content: {}", "name journey, kind or both"),
        ("definition.yaml", "{A: 35, B: 25, C: 10, D: 0}", "{A: 35, B: 25, C: 10}", "A to D"),
        ("definition.yaml", "  lead: {action: nurture", "  prospect_: {action: nurture", "outcomes"),
        (
            "definition.yaml",
            "  contact_request: {",
            "  carrier_pigeon: {direct_inquiry: true}\n  contact_request: {",
            "no law",
        ),
        ("notices/website-privacy.1.en.yaml", "withdrawal_method:", "withdrawal:", "withdrawal_method"),
    ],
)
@pytest.mark.requirement("C76b", "C76c")
def test_a_file_that_cannot_be_right_is_refused_with_its_reason(
    home: Path, file: str, old: str, new: str, advice: str
) -> None:
    spoil(home, file, old, new)

    with pytest.raises(ValueError, match=file.rpartition("/")[2]) as refused:
        compile_agreement(home)

    assert advice in str(refused.value)


def test_the_shipped_agreement_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert "fresh" in capsys.readouterr().out


@pytest.mark.requirement("C26", "B24a")
def test_a_business_unit_may_have_a_definition_of_its_own_and_a_form_names_it(home: Path) -> None:
    text = (home / "definition.yaml").read_text("utf-8").replace('version: "2026.2"', 'version: "retail.1"')
    (home / "definitions").mkdir()
    (home / "definitions" / "retail.yaml").write_text(re.sub(r"\bid: ", "id: retail-", text), "utf-8")
    spoil(home, "definitions/retail.yaml", "rule: educational-touch", "rule: retail-educational-touch")
    spoil(home, FORM, "enabled: true", "enabled: true\ndefinition: retail")

    compiled = compile_agreement(home)

    assert compiled["definitions"]["retail"]["version"] == "retail.1"
    assert {form["form_id"]: form["definition"] for form in compiled["forms"]}["demo-request"] == "retail"


def test_two_definitions_cannot_have_a_rule_with_one_id_and_a_form_no_definition_without_file(home: Path) -> None:
    (home / "definitions").mkdir()
    shutil.copy(home / "definition.yaml", home / "definitions" / "retail.yaml")

    with pytest.raises(ValueError, match=r"definitions/retail.yaml: rule .*: definition.yaml has a rule with this id"):
        compile_agreement(home)

    shutil.rmtree(home / "definitions")
    spoil(home, FORM, "enabled: true", "enabled: true\ndefinition: retail")
    with pytest.raises(ValueError, match=r"there is no definitions/retail.yaml"):
        compile_agreement(home)
