"""The ledger read from real tables (ministack): export, verify, receipt, bundle, publish; and what moves meanwhile."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import ledger_tables, notices, where
from local.cli import main
from local.ledger_commands import NOT_SEALED
from local.ledger_tables import Tables
from local.unusable import Unusable
from shared.adapters import items
from shared.adapters.transport import AwsRefused, Plain
from shared.domain.ledger_entry import Head
from shared.domain.ledger_proof import StoredEntry, Trust, verify
from shared.journeys.seal_day import SealDay
from tests.adapters.contract import NOTICE, an_intake
from tests.builders import AGREEMENT, a_question
from tests.ledger.history import ADA, BOB, DAYS, TRUST, a_chain, head_of, stored, without_body
from tests.support.clouds import REGION, Cloud, fresh_tables

NUMBERS = itertools.count(1)
NAME = "ledger.example.com/tables"
AS_OF = "2026-03-06"


@pytest.fixture
def environment(ministack_cloud: Cloud) -> dict[str, str]:
    tables, bucket = fresh_tables(ministack_cloud), f"proofs-{next(NUMBERS)}"
    ministack_cloud.client("s3").create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    key = ministack_cloud.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return {
        "AWS_ENDPOINT_URL": ministack_cloud.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "LEADS_TABLE": tables.leads,
        "LEDGER_TABLE": tables.ledger,
        "NOTICES_TABLE": tables.notices,
        "SEALS_BUCKET": bucket,
        "SEAL_KEY_ID": key["KeyMetadata"]["KeyId"],
        "SEAL_LOG_NAME": NAME,
    }


@pytest.fixture
def tables(environment: dict[str, str]) -> Tables:
    return ledger_tables.tables_of(environment)


@pytest.fixture
def ready(tmp_path: Path, environment: dict[str, str]) -> str:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({where.OTHER_NAMES.get(name, name.lower()): environment[name] for name in environment}))
    return str(path)


def put(tables: Tables, table: str, item: dict[str, Any]) -> None:
    tables.dynamodb.send("PutItem", {"TableName": table, "Item": item})


def put_chain(tables: Tables, entries: Iterable[StoredEntry]) -> None:
    for entry in entries:
        typed = {name: {"S": value} for name, value in asdict(entry).items() if value is not None}
        put(tables, tables.settings.ledger_table, typed)


def put_lead(tables: Tables, lead_id: str, head: Head) -> None:
    doc = json.dumps({"lead_id": lead_id, "head": asdict(head)})
    item = {"lead_id": {"S": lead_id}, "doc": {"S": doc}}
    put(tables, tables.settings.leads_table, {**items.key(f"P#{lead_id}", "LEAD"), **item})


def seal(tables: Tables, day: str) -> None:
    SealDay(tables.index, tables.seals, tables.signer, lambda: datetime.now(UTC)).seal(day, tables.seals.days())


def fill(tables: Tables) -> None:
    """Ada and Bob, their leads, their seals; a notice in the registry."""
    for lead_id, chain, days in (("1" * 32, ADA, DAYS[:3]), ("2" * 32, BOB, DAYS[1:3])):
        entries = a_chain(chain, days)
        put_chain(tables, entries)
        put_lead(tables, lead_id, head_of(entries))
    put(tables, tables.settings.leads_table, items.key("S#1", "SUB"))
    put(tables, tables.settings.notices_table, items.notice_item(NOTICE))
    for day in DAYS[:3]:
        seal(tables, day)


def test_tables_verify_and_export_and_the_export_verifies(
    tables: Tables, ready: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tables)
    out, key = str(tmp_path / "out.jsonl"), tmp_path / "key.txt"

    live = main(["ledger", "verify", "--ready-file", ready, "--as-of", AS_OF])
    exported = main(["ledger", "export", "--ready-file", ready, out])
    capsys.readouterr()
    main(["ledger", "key", "--ready-file", ready])
    key.write_text(capsys.readouterr().out)
    offline = main(["ledger", "verify", "--export", out, "--key", str(key), "--as-of", AS_OF])

    assert (live, exported, offline) == (0, 0, 0)
    assert "Looked at 5 entries, 2 leads, 3 checkpoints." in capsys.readouterr().out


def test_an_entry_that_is_gone_from_the_table_is_found(
    tables: Tables, ready: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tables)
    key = items.key(f"CHAIN#{ADA}", "EVT#0000000003")
    tables.dynamodb.send("DeleteItem", {"TableName": tables.settings.ledger_table, "Key": key})

    code = main(["ledger", "verify", "--ready-file", ready, "--as-of", AS_OF, "--json"])

    codes = {finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert code == 1
    assert codes == {"HEAD_MISMATCH", "SEALED_ENTRY_MISSING"}


def test_a_receipt_and_a_bundle_come_from_the_tables(tables: Tables, ready: str, tmp_path: Path) -> None:
    entry, lead_id, proof = stored(an_intake(a_question(ticked=("mkt_email",)), 1).entry), "3" * 32, tmp_path / "p.json"
    put_chain(tables, [entry])
    put_lead(tables, lead_id, head_of([entry]))
    seal(tables, DAYS[0])

    receipt = main(["ledger", "receipt", lead_id, "--ready-file", ready])
    bundle = main(["ledger", "bundle", lead_id, "--out", str(proof), "--ready-file", ready])

    assert (receipt, bundle) == (0, 0)
    assert main(["ledger", "verify", "--bundle", str(proof), "--as-of", "2026-03-09"]) == 0


def test_an_unknown_lead_is_named(tables: Tables) -> None:
    with pytest.raises(Unusable, match="There is no lead"):
        tables.person("f" * 32)


def test_a_day_is_sealed_by_command(ready: str, tables: Tables, capsys: pytest.CaptureFixture[str]) -> None:
    put_chain(tables, a_chain(ADA, DAYS[:1]))

    code = main(["ledger", "seal", "--ready-file", ready, "--day", DAYS[0]])

    assert code == 0
    assert f"sealed {DAYS[0]}: 1 entries" in capsys.readouterr().out


def test_a_key_file_may_sign_instead_of_kms(ready: str, tables: Tables, tmp_path: Path) -> None:
    key = str(tmp_path / "key.pem")

    assert main(["ledger", "seal", "--ready-file", ready, "--day", DAYS[0], "--key", key]) == 0

    assert f"{NAME}/{DAYS[0]}\n" in tables.seals.read(DAYS[0]).checkpoint


def test_notices_are_published_to_the_registry(ready: str, tables: Tables) -> None:
    agreed = AGREEMENT.translated.values()

    assert main(["notices", "publish", "--ready-file", ready]) == 0

    rows = {(f"{row['notice_id']}@{row['version']}", row["lang"]): row for row in tables.notice_rows()}
    assert rows.keys() == {(notice.ref, notice.lang) for notice in agreed}
    for notice in agreed:
        row = rows[notice.ref, notice.lang]
        assert (row["wording"], row["sha256"]) == (notice.wording, notice.sha256)
        assert row["facts"] == notice.facts


def test_a_form_of_a_platform_in_the_same_table_is_no_notice(ready: str, tables: Tables) -> None:
    assert main(["notices", "publish", "--ready-file", ready]) == 0
    form = {"pk": {"S": "FORM#linkedin#7234246"}, "sk": {"S": "V#1"}, "form": {"S": "{}"}}
    tables.dynamodb.send("PutItem", {"TableName": tables.settings.notices_table, "Item": form})

    assert main(["ledger", "verify", "--all", "--ready-file", ready]) == NOT_SEALED

    assert {row["notice_id"] for row in tables.notice_rows()} == {NOTICE.notice_id}


def test_publishing_needs_the_name_of_the_registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    first = main(["notices", "publish", "--tables"])
    monkeypatch.delenv("NOTICES_TABLE")

    assert (first, main(["notices", "publish", "--tables"])) == (0, 1)
    assert "NOTICES_TABLE" in capsys.readouterr().err


# ------------------------------------------------------------------ what moves while we read


class Moving:
    """Passes every call on, and does something once, just before the leads are scanned."""

    def __init__(self, tables: Tables, meanwhile: Any) -> None:
        self.tables, self.meanwhile = tables, meanwhile

    def send(self, operation: str, body: Plain) -> Plain:
        if operation == "Scan" and body["TableName"] == self.tables.settings.leads_table and self.meanwhile:
            self.meanwhile()
            self.meanwhile = None
        return self.tables.dynamodb.send(operation, body)


def findings(tables: Tables, meanwhile: Any, erasures: dict[str, int]) -> set[str]:
    moving = replace(tables, dynamodb=Moving(tables, meanwhile))
    evidence = replace(moving.rows().evidence(), erasures=erasures)
    trust = Trust((tables.signer.key(),), TRUST.check, datetime.fromisoformat(AS_OF))
    return {finding.code for finding in verify(evidence, trust)}


def test_an_entry_written_while_we_read_is_no_finding(tables: Tables) -> None:
    fill(tables)
    longer = a_chain(ADA, (*DAYS[:3], "2026-03-06"))

    def meanwhile() -> None:
        put_chain(tables, longer[3:])
        put_lead(tables, "1" * 32, head_of(longer))

    assert findings(tables, meanwhile, {}) == set()


def test_an_erasure_while_we_read_is_no_finding(tables: Tables) -> None:
    fill(tables)
    kinds = ["consent_given"] * 3 + ["erased"]
    erased = a_chain(ADA, (*DAYS[:3], "2026-03-05"), kinds)

    def meanwhile() -> None:
        put_chain(tables, map(without_body, erased))
        key = items.key("P#" + "1" * 32, "LEAD")
        tables.dynamodb.send("DeleteItem", {"TableName": tables.settings.leads_table, "Key": key})

    assert findings(tables, meanwhile, {"2026-03-05": 1}) == set()


class Refusing:
    def send(self, operation: str, body: Plain) -> Plain:
        raise AwsRefused("AccessDeniedException")


def test_a_refused_read_is_said() -> None:
    with pytest.raises(Unusable, match="AccessDenied"):
        notices.publish(Refusing(), "notices")


def test_an_erasure_counts_when_its_lead_left_a_tombstone_and_is_a_fake_when_not(tables: Tables, ready: str) -> None:
    fill(tables)
    eve = list(map(without_body, a_chain("e" * 32, (DAYS[0], AS_OF), ("consent_refused", "erased"))))
    put_chain(tables, eve)
    verify_day = ["ledger", "verify", "--ready-file", ready, "--as-of", AS_OF, "--day", AS_OF]

    faked = main(verify_day)
    put(tables, tables.settings.leads_table, {**items.gone_key("3" * 32), "erased_on": {"S": AS_OF}})
    put(tables, tables.settings.leads_table, {**items.lead_key("4" * 32), "erasing": {"S": "3" * 32}})
    recorded = main(verify_day)

    assert (faked, recorded) == (1, 0)
