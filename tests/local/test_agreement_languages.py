"""What the check of the agreement says about languages, purposes, budgets and texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from local.agreement import HOME, compile_agreement

EVENT, GERMAN = "forms/event-registration.yaml", "notices/website-privacy.2.de.yaml"
PROOF, TEXT = "proof.yaml", "texts/confirm.de.yaml"


@pytest.mark.parametrize(
    ("file", "before", "after", "reason"),
    [
        (EVENT, "      last_name: Nachname\n", "", "fields: last_name"),
        (EVENT, "      last_name: Nachname\n", "      last_name: Nachname\n      shoe: Schuh\n", "fields: shoe"),
        (EVENT, "      mkt_email: Schicken", "      mkt_mail: Schicken", "boxes: mkt_email, mkt_mail"),
        (EVENT, "\n  de:\n", "\n  fr:\n", "is not written in fr"),
        (EVENT, "notice: website-privacy@2", "notice: website-privacy@1", "does not ask for mkt_sms"),
        (EVENT, "name: phone, kind: phone", "name: mobile, kind: phone", "a field of kind phone is called phone"),
        (EVENT, "name: first_name, kind", "name: lang, kind", "means something else"),
        (GERMAN, "third_parties: [Example Partner GmbH]", "third_parties: []", "names no third_parties"),
        (GERMAN, "third_parties: [Example Partner GmbH]", "third_parties: [Dritte KG]", "Dritte KG is not named"),
        ("forms/demo-request.yaml", "        Now: Jetzt\n", "", "timeframe needs each of its choices"),
        (PROOF, "countries: [AT, CH", "countries: [AT, AT", "one is named twice"),
        (PROOF, "countries: [AT, CH", "countries: [AT, XX", "XX"),
        (PROOF, 'max_price_usd: "0.20"', "max_price_usd: 0.20", "max_price_usd"),
        (TEXT, "{link}", "", "{link} once"),
        (TEXT, "Jemand,", "Jemand \u2014 ja, Jemand \u2014", "GSM"),
        (TEXT, "lang: de", "lang: fr", "each of these languages"),
        ("policies.yaml", "sharing: with_consent", "sharing: always", "sharing"),
    ],
)
def test_what_is_left_out_or_cannot_be_is_refused_by_name(
    tmp_path: Path, file: str, before: str, after: str, reason: str
) -> None:
    home = shutil.copytree(HOME, tmp_path / "agreement")
    text = (home / file).read_text("utf-8")
    assert before in text
    (home / file).write_text(text.replace(before, after), "utf-8")

    with pytest.raises(ValueError, match=r"(?s).*") as refused:
        compile_agreement(home)

    assert reason in str(refused.value)
    assert Path(file).name.split(".")[0] in str(refused.value) or "texts" in str(refused.value)
