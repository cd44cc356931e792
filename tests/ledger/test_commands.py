"""`leadgate ledger`, `notices` and `decide` as somebody types them."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from local import ledger_rows, ledger_tables, notices
from local.agreement import HOME
from local.cli import main
from local.ledger_commands import NOT_SEALED
from local.ledger_rows import Row, as_line
from shared.adapters import items
from shared.domain.agreement import Notice
from shared.domain.ledger_entry import Head
from tests.adapters.contract import NOTICE, an_intake
from tests.builders import a_question
from tests.journeys.permission_world import GERMAN, SHOWN, World
from tests.journeys.test_numbers import MOBILE
from tests.ledger.history import ADA, BOB, DAYS, NAME, NOW, SIGNER, Ledger, a_ledger, head_of, seals_of, stored

AS_OF = NOW.date().isoformat()
LEAD = "1" * 32
CASES = Path(__file__).resolve().parent.parent / "domain" / "consent_cases.json"


def rows_of(ledger: Ledger) -> list[Row]:
    leads = [{"kind": "head", "lead_id": f"{n}" * 32, **asdict(head)} for n, head in enumerate(ledger.heads, 1)]
    return [
        {"kind": "about", "schema": ledger_rows.SCHEMA},
        {"kind": "key", "key": SIGNER.key().as_text()},
        *(ledger_rows.seal_row(seal) for seal in ledger.seals),
        *({"kind": "entry", **asdict(entry)} for entry in ledger.entries),
        *leads,
        *({"kind": "erasure", "day": day, "count": count} for day, count in ledger.erasures.items()),
    ]


def written(path: Path, rows: list[Row]) -> str:
    path.write_text("".join(map(as_line, rows)), "utf-8")
    return str(path)


def an_export(folder: Path, ledger: Ledger | None = None) -> str:
    return written(folder / "ledger.jsonl", rows_of(ledger or a_ledger()))


def a_real_export(folder: Path) -> str:
    """One lead with one captured submission, its notice and a seal of its day."""
    entry = stored(an_intake(a_question(ticked=("mkt_email",)), 1).entry)
    notice = {"kind": "notice", **{name: getattr(NOTICE, name) for name in Notice.__slots__}}
    rows = [
        {"kind": "about", "schema": ledger_rows.SCHEMA},
        {"kind": "key", "key": SIGNER.key().as_text()},
        *(ledger_rows.seal_row(seal) for seal in seals_of([entry])),
        {"kind": "entry", **asdict(entry)},
        {"kind": "head", "lead_id": LEAD, **asdict(head_of([entry]))},
        notice,
    ]
    return written(folder / "ledger.jsonl", rows)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


# ------------------------------------------------------------------ verify


@pytest.mark.usefixtures("no_network")
def test_an_untouched_export_verifies_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["ledger", "verify", "--export", an_export(tmp_path), "--as-of", AS_OF])

    said = capsys.readouterr().out
    assert code == 0
    assert "Looked at 7 entries, 2 leads, 4 checkpoints." in said
    assert "No finding." in said
    assert "Compare it with the one that was published" in said


def test_a_finding_is_told_in_plain_words_and_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = an_export(tmp_path, a_ledger().changed(ADA, 2, body="{}"))

    code = main(["ledger", "verify", "--all", "--export", export, "--as-of", AS_OF])

    said = capsys.readouterr().out
    assert code == 1
    assert "1 finding:" in said
    assert f"BODY_MISMATCH  CHAIN#{ADA}/EVT#0000000002" in said
    assert "do not open the commitment" in said


@pytest.mark.parametrize(
    ("scope", "code"), [(["--chain", BOB], 0), (["--chain", ADA], 1), (["--day", DAYS[0]], 0), (["--day", DAYS[1]], 1)]
)
def test_a_scope_shows_only_its_own_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scope: list[str], code: int
) -> None:
    export = an_export(tmp_path, a_ledger().changed(ADA, 2, body="{}"))

    assert main(["ledger", "verify", "--json", "--export", export, "--as-of", AS_OF, *scope]) == code

    assert len(json.loads(capsys.readouterr().out)["findings"]) == code


def test_an_export_in_any_order_says_the_same(tmp_path: Path) -> None:
    about, *rows = rows_of(a_ledger())
    export = written(tmp_path / "ledger.jsonl", [about, *reversed(rows)])

    assert main(["ledger", "verify", "--export", export, "--as-of", AS_OF]) == 0


def test_only_the_key_that_was_named_is_believed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own, other = tmp_path / "own.txt", tmp_path / "other.txt"
    own.write_text(SIGNER.key().as_text() + "\n")
    other.write_text(replace(SIGNER.key(), raw=bytes(32)).as_text())
    verify = ["ledger", "verify", "--export", an_export(tmp_path), "--as-of", AS_OF]

    good, bad = main([*verify, "--key", str(own)]), main([*verify, "--key", str(other)])

    assert (good, bad) == (0, 1)
    assert "BAD_SIGNATURE" in capsys.readouterr().out


def test_erasures_may_come_from_a_file_of_their_own(tmp_path: Path) -> None:
    export = an_export(tmp_path, replace(a_ledger(), erasures={}))
    records = tmp_path / "erasures.json"
    records.write_text(json.dumps({DAYS[3]: 1}))
    verify = ["ledger", "verify", "--export", export, "--as-of", AS_OF]

    assert (main(verify), main([*verify, "--erasures", str(records)])) == (1, 0)


def test_without_any_checkpoint_nothing_is_proved_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = ["ledger", "verify", "--all", "--export", an_export(tmp_path, replace(a_ledger(), seals=()))]

    code = main([*verify, "--as-of", DAYS[1]])
    told = capsys.readouterr().out
    as_json = main([*verify, "--json", "--as-of", DAYS[1]])
    plain = json.loads(capsys.readouterr().out)

    assert (code, as_json) == (3, 3)
    assert "Nothing was sealed" in told
    assert "No finding" not in told
    assert (plain["ok"], plain["sealed"], plain["findings"]) == (False, False, [])


def test_an_entry_that_is_unsealed_after_48_hours_is_a_finding_with_or_without_checkpoints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = an_export(tmp_path, replace(a_ledger(), seals=()))

    assert main(["ledger", "verify", "--export", export, "--as-of", AS_OF]) == 1
    assert "UNSEALED_ENTRY" in capsys.readouterr().out


def test_what_is_no_text_is_a_finding_and_no_failure(tmp_path: Path) -> None:
    rows = rows_of(a_ledger())
    for row in rows:
        if row["kind"] == "entry" and row["sk"].endswith("2"):
            row |= {"core": 1, "hash": None, "salt": [], "body": "\ud800"}
    strange: list[Row] = [{"kind": "seal", "day": 1, "leaves": [1]}, {"kind": "seal"}, {"kind": "erasure", "day": {}}]
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows + strange))

    assert main(["ledger", "verify", "--export", str(path), "--as-of", AS_OF]) == 1


def test_bytes_that_are_no_utf8_are_a_finding(tmp_path: Path) -> None:
    path = Path(an_export(tmp_path))
    path.write_bytes(path.read_bytes().replace(b"consent_given", b"consent_g\xffven", 1))

    assert main(["ledger", "verify", "--export", str(path), "--as-of", AS_OF]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--export", "nowhere.jsonl"], "cannot be read"),
        (["--export", "empty"], "is no ledger export"),
        (["--export", "broken"], "line 1 is not JSON"),
        (["--export", "strange"], "is no row of a ledger export"),
        (["--bundle", "nowhere.json"], "cannot be read"),
        (["--bundle", "broken"], "is not JSON"),
        (["--bundle", "strange"], "is no proof bundle"),
        (["--bundle", "half"], "lacks a part"),
        (["--export", "good", "--key", "broken"], "holds no public key"),
        (["--export", "good", "--key", "nowhere"], "holds no public key"),
        (["--export", "good", "--as-of", "yesterday"], "write YYYY-MM-DD"),
        (["--export", "good", "--erasures", "broken"], "is no list of erasures"),
        (["--ready-file", "nowhere.json"], "leadgate serve --ready-file"),
        (["--ready-file", "strange"], "is no ready file"),
        (["--tables"], "Set LEADS_TABLE, LEDGER_TABLE"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ledger_tables.NEEDED:
        monkeypatch.delenv(name, raising=False)
    Path("empty").write_text("")
    Path("broken").write_text("{")
    Path("strange").write_text('{"kind": "other"}\n')
    Path("half").write_text('{"schema": "leadgate-proof/1"}')
    Path(an_export(tmp_path)).rename("good")

    assert main(["ledger", "verify", *arguments]) == 1

    assert words in capsys.readouterr().err


# ------------------------------------------------------------------ seal


def test_an_export_is_sealed_day_by_day_with_a_key_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key.pem"
    export = an_export(tmp_path, replace(a_ledger(), seals=()))
    seal = ["ledger", "seal", "--export", export, "--key", str(key), "--log-name", NAME]

    codes = [main([*seal, "--day", day]) for day in DAYS]

    public = tmp_path / "key.txt"
    public.write_text(capsys.readouterr().out.rpartition("Key: ")[2])
    assert codes == [0, 0, 0, 0]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert main(["ledger", "verify", "--export", export, "--key", str(public), "--as-of", AS_OF]) == 0


def test_every_day_that_is_due_is_sealed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = str(tmp_path / "key.pem")
    seal = ["ledger", "seal", "--export", an_export(tmp_path, replace(a_ledger(), seals=())), "--key", key]

    first, second = main([*seal, "--log-name", NAME]), main([*seal, "--log-name", NAME])

    assert (first, second) == (0, 0)
    assert "Nothing to seal" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --key FILE and --log-name NAME"),
        (["--key", "key.pem"], "give --key FILE and --log-name NAME"),
        (["--key", "none/key.pem", "--log-name", "n"], "cannot be used"),
        (["--key", "key.pem", "--log-name", "n", "--day", "2999-01-01"], "has not begun"),
    ],
)
def test_what_cannot_be_sealed_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["ledger", "seal", "--export", an_export(tmp_path), *arguments]) == 1

    assert words in capsys.readouterr().err


# ------------------------------------------------------------------ receipt and bundle


@pytest.mark.parametrize(("wanted", "name"), [("27560", "dct:conformsTo"), ("kantara", "consentReceiptID")])
def test_a_receipt_is_printed_in_the_format_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wanted: str, name: str
) -> None:
    assert main(["ledger", "receipt", LEAD, "--format", wanted, "--export", a_real_export(tmp_path)]) == 0

    assert name in json.loads(capsys.readouterr().out)


def an_export_of_acts(folder: Path) -> str:
    """Ada in Germany asked, confirmed by text, and took it all back: three entries of one chain."""
    world = World()
    world.post(
        "event-registration", fields={**GERMAN, "phone": MOBILE}, ticked=("mkt_phone", "share_3p"), texts_to="DE"
    )
    world.relay()
    world.permissions().confirm(world.texter.texts[-1].body.rpartition("/")[2], SHOWN)
    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)
    entries = [stored(entry) for _, entry in sorted(world.store.entries.items())]
    notice = {"kind": "notice", **{name: getattr(NOTICE, name) for name in Notice.__slots__}}
    rows = [
        {"kind": "about", "schema": ledger_rows.SCHEMA},
        {"kind": "key", "key": SIGNER.key().as_text()},
        *({"kind": "entry", **asdict(entry)} for entry in entries),
        {"kind": "head", "lead_id": LEAD, **asdict(head_of(entries))},
        notice,
    ]
    return written(folder / "acts.jsonl", rows)


@pytest.mark.parametrize(
    ("seq", "method", "states"),
    [
        (1, "web_form", {"mkt_phone": "dpv:ConsentRequested", "share_3p": "dpv:ConsentGiven"}),
        (2, "sms_link", {"mkt_phone": "dpv:ConsentGiven"}),
        (3, "preference_page", {"mkt_phone": "dpv:ConsentWithdrawn", "share_3p": "dpv:ConsentWithdrawn"}),
    ],
)
def test_every_act_has_a_receipt_with_the_state_that_it_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seq: int, method: str, states: dict[str, str]
) -> None:
    export = an_export_of_acts(tmp_path)
    for wanted in ("27560", "kantara"):
        command = ["ledger", "receipt", LEAD, "--seq", str(seq), "--format", wanted, "--export", export]
        assert main(command) == 0
        made = json.loads(capsys.readouterr().out)
        assert method in (made.get("collectionMethod"), made.get("dpv:hasIndicationMethod", {}).get("rdfs:label"))
        if wanted == "27560":
            told = {one["dpv:hasPurpose"]["dct:identifier"]: one for one in made["dpv:hasProcess"]}
            assert {purpose: told[purpose]["dpv:hasConsentStatus"]["@type"][0] for purpose in states} == states


def test_the_receipt_of_sharing_names_who_gets_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = an_export_of_acts(tmp_path)

    main(["ledger", "receipt", LEAD, "--seq", "1", "--export", export])
    record = json.loads(capsys.readouterr().out)
    main(["ledger", "receipt", LEAD, "--seq", "1", "--format", "kantara", "--export", export])
    kantara = json.loads(capsys.readouterr().out)

    (share,) = (one for one in record["dpv:hasProcess"] if one["dpv:hasPurpose"]["dct:identifier"] == "share_3p")
    assert "Example Partner GmbH" in {one["dpv:hasName"] for one in share["dpv:hasRecipient"]}
    purposes = [one for service in kantara["services"] for one in service["purposes"]]
    assert [one["thirdPartyName"] for one in purposes if one["thirdPartyDisclosure"]] == ["Example Partner GmbH"]


def test_a_bundle_verifies_with_the_network_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = tmp_path / "proof.json"
    assert main(["ledger", "bundle", LEAD, "--out", str(proof), "--export", a_real_export(tmp_path)]) == 0
    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.delattr(socket, name)

    code = main(["ledger", "verify", "--bundle", str(proof), "--as-of", AS_OF])

    said = capsys.readouterr().out
    assert code == 0
    assert "1 of 1 entries are sealed" in said
    assert "1 entries, 1 proofs, 1 wordings" in said
    assert stat.S_IMODE(proof.stat().st_mode) == 0o600


def test_a_bundle_has_the_wording_the_labels_and_the_key(tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    main(["ledger", "bundle", LEAD, "--out", str(proof), "--export", a_real_export(tmp_path)])

    plain = json.loads(proof.read_text())

    assert plain["notices"][NOTICE.sha256]["wording"] == NOTICE.wording
    assert "Send me product news" in plain["entries"][0]["body"]
    assert plain["keys"] == [SIGNER.key().as_text()]


def test_a_changed_word_of_the_bundle_is_found(tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    main(["ledger", "bundle", LEAD, "--out", str(proof), "--export", a_real_export(tmp_path)])
    proof.write_text(proof.read_text().replace("lead score", "lead scare"))

    assert main(["ledger", "verify", "--bundle", str(proof), "--as-of", AS_OF]) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: {**row, "lead_id": "2" * 32} if row["kind"] == "head" else row, "There is no lead"),
        (lambda row: {**row, "body": None} if row["kind"] == "entry" else row, "it may have been erased"),
        (lambda row: {**row, "core": "{}"} if row["kind"] == "entry" else row, "it may have been erased"),
        (
            lambda row: {**row, "body": '{"boxes":[],"notice":{"sha256":"0"}}'} if row["kind"] == "entry" else row,
            "registry",
        ),
    ],
)
def test_a_receipt_that_cannot_be_given_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Row], Row], words: str
) -> None:
    export = Path(a_real_export(tmp_path))
    written(export, [change(json.loads(line)) for line in export.read_text().splitlines()])

    assert main(["ledger", "receipt", LEAD, "--export", str(export)]) == 1

    assert words in capsys.readouterr().err


def test_another_entry_may_be_asked_for_by_number(tmp_path: Path) -> None:
    export = a_real_export(tmp_path)

    assert main(["ledger", "receipt", LEAD, "--seq", "1", "--export", export]) == 0
    assert main(["ledger", "receipt", LEAD, "--seq", "2", "--export", export]) == 1


def test_a_bundle_without_the_wording_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["ledger", "bundle", "1" * 32, "--out", str(tmp_path / "proof.json"), "--export", an_export(tmp_path)])

    assert code == 1
    assert "neither in the registry nor in the agreement" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "none" / "proof.json")

    assert main(["ledger", "bundle", LEAD, "--out", out, "--export", a_real_export(tmp_path)]) == 1

    assert "cannot be written" in capsys.readouterr().err


# ------------------------------------------------------------------ reading


def test_progress_is_told_every_so_many_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("local.ledger_commands.TOLD_EVERY", 5)

    main(["ledger", "verify", "--export", an_export(tmp_path), "--as-of", AS_OF])

    assert "… 10 rows read" in capsys.readouterr().err


def test_a_missing_number_is_no_number() -> None:
    assert ledger_rows.head_of({"chain": ADA, "seq": True}) == Head(ADA, -1, "")


# ------------------------------------------------------------------ notices


class Registry:
    """A table of notices that keeps what was put first."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        from shared.adapters.transport import AwsRefused

        item = body.get("Item") or body["Key"]
        place = item["pk"]["S"] + item["sk"]["S"]
        if operation == "GetItem":
            return {"Item": self.items[place]} if place in self.items else {}
        if place in self.items:
            raise AwsRefused("ConditionalCheckFailedException")
        self.items[place] = item
        return {}


def test_notices_are_published_once(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry()

    codes = (notices.publish(registry, "notices"), notices.publish(registry, "notices"))

    said = capsys.readouterr().out
    assert codes == (0, 0)
    assert said.index("published") < said.index("was there already")
    assert f'"sha256": {{"S": "{NOTICE.sha256}"}}' in json.dumps(registry.items)


def test_a_changed_text_under_a_used_version_is_refused_with_both_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry()
    other = replace(NOTICE, wording="other", sha256="0" * 64)
    fresh = replace(NOTICE, version=9)
    registry.send("PutItem", {"Item": items.notice_item(other)})

    code = notices.publish(registry, "notices", [fresh, NOTICE])

    said = capsys.readouterr().err
    assert code == 1
    assert other.sha256 in said
    assert NOTICE.sha256 in said
    assert len(registry.items) == 1


def test_notices_are_checked_on_files_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notices", "check"]) == 0

    assert "no published text changed" in capsys.readouterr().out


def a_home(folder: Path, change: Callable[[str], str] = lambda text: text) -> Path:
    import shutil

    home = folder / "agreement"
    shutil.copytree(HOME, home)
    path = home / "notices" / "website-privacy.2.en.yaml"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return home


def test_a_file_with_another_text_than_before_is_refused_with_both_hashes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = a_home(tmp_path, lambda text: text.replace("Only when you tick a box", "When you tick a box"))

    code = notices.check(home, home / "compiled.json")

    assert code == 1
    assert NOTICE.sha256 in capsys.readouterr().err


def test_a_version_in_two_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = a_home(tmp_path)
    first = home / "notices" / "website-privacy.2.en.yaml"
    (home / "notices" / "website-privacy.copy.yaml").write_text(first.read_text("utf-8"), "utf-8")

    assert notices.check(home, home / "none.json") == 1

    assert "is there twice" in capsys.readouterr().err


def test_a_notice_that_lacks_a_mandatory_field_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = a_home(tmp_path, lambda text: text.replace("complaint:", "complain:"))

    assert notices.check(home, home / "compiled.json") == 1

    assert "complaint" in capsys.readouterr().err


# ------------------------------------------------------------------ decide


def test_the_agreed_cases_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "--cases", str(CASES), "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == {"passed": 94, "failed": []}


def a_file(folder: Path, content: object) -> str:
    path = folder / "file.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def a_failing_file(folder: Path) -> str:
    file = json.loads(CASES.read_text("utf-8"))
    file["cases"][0]["expect"]["em"] = "perhaps"
    return a_file(folder, file)


def test_a_failing_case_is_printed_with_its_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "--cases", a_failing_file(tmp_path)]) == 1

    said = capsys.readouterr().out
    assert 'em: expected "perhaps", got' in said
    assert "93 passed, 1 failed" in said


def test_failing_cases_are_json_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "--cases", a_failing_file(tmp_path), "--json"]) == 1

    outcome = json.loads(capsys.readouterr().out)
    assert outcome["passed"] == 93
    assert outcome["failed"][0]["differences"]["em"]["expected"] == "perhaps"


def a_question_file(folder: Path, **changes: Any) -> str:
    return a_file(folder, {**json.loads(CASES.read_text("utf-8"))["base"], **changes})


def test_one_question_is_answered_with_reasons_in_plain_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", "--input", a_question_file(tmp_path)]) == 0

    said = capsys.readouterr().out
    assert "contact" in said
    assert "because\n  " in said


def test_one_answer_is_json_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "--input", a_question_file(tmp_path), "--json"]) == 0

    assert set(json.loads(capsys.readouterr().out)) >= {"accept", "contact", "basis", "reasons"}


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--cases", "{", "is not JSON"),
        ("--cases", "[]", "must hold an object"),
        ("--cases", "{}", "has `base`"),
        ("--cases", {"base": {}, "cases": [{}]}, "lacks a part"),
        ("--input", {"now": "2026-03-02T12:00:00"}, "with its zone"),
        ("--input", {"now": "noon"}, "with its zone"),
        ("--input", {}, "with its zone"),
    ],
)
def test_what_cannot_be_decided_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, content: object, words: str
) -> None:
    assert main(["decide", option, a_file(tmp_path, content)]) == 1

    assert words in capsys.readouterr().err


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "--cases", "nowhere.json"]) == 1

    assert "nowhere.json cannot be read" in capsys.readouterr().err


def test_the_help_of_verify_says_that_a_ledger_without_seals_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ledger", "verify", "--help"])

    assert f"{NOT_SEALED} when nothing was sealed" in " ".join(capsys.readouterr().out.split())
