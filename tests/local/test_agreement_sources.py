"""A source's file is checked before it is compiled; each refusal names the file and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.agreement import compile_agreement

LINKEDIN, META, GOOGLE = (f"sources/{name}-demo.yaml" for name in ("linkedin", "meta", "google"))
CF7, SALESFORCE = "sources/contact-form-7-demo.yaml", "sources/salesforce-demo.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "advice"),
    [
        (LINKEDIN, "action: demo_request", "action: page_view", "not in the catalogue"),
        (LINKEDIN, ": content_download", ": page_view", "not in the catalogue"),
        (LINKEDIN, "notice: website-privacy@1", "notice: website-privacy@9", "has no file"),
        (LINKEDIN, "source_id: linkedin-demo", "source_id: demo-request", "a form has this name"),
        (LINKEDIN, "source_id: linkedin-demo", "source_id: meta-demo", "used twice"),
        (LINKEDIN, "urn:li:sponsoredAccount:1234567", "1234567", "no account of linkedin"),
        (LINKEDIN, 'accounts: ["urn:li:sponsoredAccount:1234567"]', "accounts: []", "whose leads"),
        (LINKEDIN, "[SPONSORED]", "[ORGANIC]", "lead_types"),
        (LINKEDIN, "proof: signature", "proof: none", "it is signature"),
        (LINKEDIN, "channel: email, form", "channel: phone, form", "its channel is email"),
        (LINKEDIN, 'form: "7234246", consent_id', "consent_id", "an id alone"),
        (LINKEDIN, "hidden_field: variant", "hidden_field: favourite", "no name of the marketing context"),
        (LINKEDIN, "default_country: DE", "default_country: XX", "no ISO 3166-1 code"),
        (LINKEDIN, "message}", "consent_news}", "means something else"),
        (LINKEDIN, "at_least_hours: 24", "at_least_hours: 999", "more than at_most_hours"),
        (LINKEDIN, "lead_types: [SPONSORED]", 'lead_types: [SPONSORED]\nforms: ["1"]', "does not list"),
        (LINKEDIN, "tests: record", "tests: sell", "tests"),
        (LINKEDIN, "enabled: true", "enabled: true\nsurprise: 1", "surprise"),
        (LINKEDIN, "purpose: mkt_email, channel: email", "purpose: share_3p, channel: none", "names no third_parties"),
        (META, "proof: signature", "proof: signature\nlead_types: [SPONSORED]", "only LinkedIn has them"),
        (META, 'accounts: ["1067280970047460"]', "accounts: [page]", "no account of meta"),
        (GOOGLE, "proof: key", "proof: key\nboxes: [{purpose: mkt_email, channel: email, wording: x}]", "no box was"),
        (GOOGLE, "legal_basis: contract", "legal_basis: consent", "legal_basis"),
        (CF7, "proof: header", "proof: none", "sends a secret"),
        (CF7, "proof_header: x-leadgate-key", "", "the header's name"),
    ],
)
def test_a_source_that_cannot_be_right_is_refused_with_its_reason(
    home: Path, file: str, old: str, new: str, advice: str
) -> None:
    text = (home / file).read_text("utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(ValueError, match=r"sources/") as refused:
        compile_agreement(home)

    assert advice in str(refused.value)


def test_google_without_a_stated_basis_is_refused(home: Path) -> None:
    text = (home / GOOGLE).read_text("utf-8")
    start, end = text.index("basis:"), text.index("campaigns:")
    (home / GOOGLE).write_text(text[:start] + text[end:], "utf-8")

    with pytest.raises(ValueError, match="state `basis`"):
        compile_agreement(home)


@pytest.mark.parametrize(
    ("first", "second", "meets"),
    [
        ("", "", True),
        ('forms: ["1", "2"]', 'forms: ["2"]', True),
        ('forms: ["1"]', 'forms: ["2"]', False),
        ('forms: ["1"]', "", False),
    ],
)
def test_two_sources_never_take_the_same_form(home: Path, first: str, second: str, meets: bool) -> None:
    text = (home / META).read_text("utf-8")
    (home / META).write_text(f"{text}\n{first}\n", "utf-8")
    other = text.replace("source_id: meta-demo", "source_id: meta-other")
    (home / "sources" / "meta-other.yaml").write_text(f"{other}\n{second}\n", "utf-8")

    if meets:
        with pytest.raises(ValueError, match="takes the same forms"):
            compile_agreement(home)
    else:
        assert "meta-other" in {source["source_id"] for source in compile_agreement(home)["sources"]}


def test_sources_that_are_switched_off_are_checked_too(home: Path) -> None:
    text = (home / SALESFORCE).read_text("utf-8")
    (home / SALESFORCE).write_text(text.replace("enabled: true", "enabled: false").replace("contact_request", "x"))

    with pytest.raises(ValueError, match="not in the catalogue"):
        compile_agreement(home)
