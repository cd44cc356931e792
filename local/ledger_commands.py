"""`leadgate ledger …`: export, verify, seal, receipt, bundle, key."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import ledger_rows, proof_bundle
from local.ledger_rows import Person, Row, Rows
from local.ledger_tables import chosen_tables
from local.unusable import Unusable
from shared.adapters import aws
from shared.domain.agreement import Notice, from_compiled
from shared.domain.ledger_proof import Finding, Trust, concerns, read_core, verify, verify_bundle
from shared.domain.seal import PublicKey, Seal, public_key
from shared.journeys.seal_day import SealDay
from shared.settings import compiled_agreement

if TYPE_CHECKING:
    from shared.adapters.key_file_signer import KeyFileSigner
    from shared.journeys.seal_ports import Signer

TOLD_EVERY = 5_000
PROVED, FOUND, NOT_SEALED = 0, 1, 3  # 2 says that the command was typed wrongly


# ------------------------------------------------------------------ commands


def run(chosen: argparse.Namespace) -> int:
    """0 when all is well, 1 when something was found or cannot be done, 3 when nothing was sealed yet."""
    return RUN[chosen.what](chosen)


def _rows(chosen: argparse.Namespace) -> Rows:
    if getattr(chosen, "export", None):
        return ledger_rows.read_export(chosen.export, _told)
    return chosen_tables(chosen).rows(_told)


def _told(number: int) -> None:
    if number and number % TOLD_EVERY == 0:
        print(f"… {number:,} rows read", file=sys.stderr, flush=True)


def _export(chosen: argparse.Namespace) -> int:
    count = 0
    with _private(chosen.out) as file:
        for row in _export_rows(chosen):
            file.write(ledger_rows.as_line(row))
            count += 1
    print(f"wrote {chosen.out}: {count:,} rows. It holds personal data; it can be read by you only.")
    return 0


def _export_rows(chosen: argparse.Namespace) -> Iterator[Row]:
    rows = chosen_tables(chosen).rows(_told)
    for kind in ("about", "key", "seal"):
        yield from rows.of(kind)
    for entry in rows.entries():
        yield {"kind": "entry", **{name: value for name, value in asdict(entry).items() if value is not None}}
    for kind in ("head", "notice"):
        yield from rows.of(kind)
    for day, times in {**rows.erasures(), **_erasures(chosen.erasures)}.items():
        yield {"kind": "erasure", "day": day, "count": times}


def _private(path: Path) -> Any:
    """A new file, or the old one emptied, that only its owner can read."""
    try:
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{path} cannot be written: {error.strerror}.") from None


def _erasures(path: Path | None) -> dict[str, int]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
        return {str(day): int(count) for day, count in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        raise Unusable(f'{path} is no list of erasures such as {{"2026-03-02": 1}}.') from None


# ------------------------------------------------------------------ verify


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at and what was found."""

    looked_at: str
    keys: tuple[PublicKey, ...]
    keys_came_along: bool
    is_sealed: bool
    findings: list[Finding]

    @property
    def exit_code(self) -> int:
        """Without a checkpoint nothing is proved: a cut end or a whole rewrite passes every other check."""
        return FOUND if self.findings else PROVED if self.is_sealed else NOT_SEALED


def _verify(chosen: argparse.Namespace) -> int:
    verdict = _of_bundle(chosen) if chosen.bundle else _of_ledger(chosen)
    if chosen.json:
        found = [asdict(finding) for finding in verdict.findings]
        plain = {"ok": verdict.exit_code == PROVED, "sealed": verdict.is_sealed, "findings": found}
        print(json.dumps(plain, ensure_ascii=False, indent=1))
    else:
        print("\n".join(_in_words(verdict)))
    return verdict.exit_code


def _of_ledger(chosen: argparse.Namespace) -> Verdict:
    rows = _rows(chosen)
    own = [row["key"] for row in rows.of("key") if isinstance(row.get("key"), str)]
    trust, came_along = _trust(chosen, own)
    counts = {**rows.erasures(), **_erasures(chosen.erasures)}
    findings = list(verify(replace(rows.evidence(), erasures=counts), trust))
    if chosen.chain or chosen.day:
        cores = (read_core(entry.core) for entry in (rows.entries(chosen.chain) if chosen.chain else ()))
        findings = concerns(findings, chosen.chain, chosen.day, {core.day for core in cores if core})
    looked_at = ", ".join(f"{rows.count(kind):,} {words}" for kind, words in LOOKED_AT.items())
    return Verdict(looked_at, trust.keys, came_along, rows.count("seal") > 0, findings)


LOOKED_AT = {"entry": "entries", "head": "leads", "seal": "checkpoints"}


def _of_bundle(chosen: argparse.Namespace) -> Verdict:
    bundle, digests, own = proof_bundle.read_bundle(chosen.bundle)
    trust, came_along = _trust(chosen, own)
    counts = {**bundle.erasures, **_erasures(chosen.erasures)}
    findings = list(verify_bundle(replace(bundle, erasures=counts), trust, digests))
    looked_at = f"{len(bundle.entries)} entries, {len(bundle.proofs)} proofs, {len(bundle.notices)} wordings"
    return Verdict(looked_at, trust.keys, came_along, bool(bundle.proofs), findings)


def _trust(chosen: argparse.Namespace, own: Iterable[str]) -> tuple[Trust, bool]:
    """The keys that the caller names; without any, those that came along with what is verified."""
    from shared.adapters.key_file_signer import check_signature

    named = [_read_key(path) for path in chosen.key or ()]
    keys = named or [key for key in map(public_key, own) if key]
    return Trust(tuple(keys), check_signature, _moment(chosen.as_of)), not named


def _read_key(path: Path) -> PublicKey:
    try:
        key = public_key(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        key = None
    if key is None:
        raise Unusable(f"{path} holds no public key such as `leadgate ledger key` prints.")
    return key


def _moment(day: str | None) -> datetime:
    if day is None:
        return aws.now()
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        raise Unusable(f"{day} is no day: write YYYY-MM-DD.") from None


def _in_words(verdict: Verdict) -> Iterator[str]:
    yield f"Looked at {verdict.looked_at}."
    for key in verdict.keys:
        yield f"Key: {key.as_text()}"
    if verdict.keys_came_along and verdict.keys:
        yield "This key came with what was verified. Compare it with the one that was published, or name it with --key."
    if not verdict.is_sealed:
        yield "Nothing was sealed: no checkpoint is there, so a cut end or a whole rewrite could not be seen."
    if not verdict.findings:
        yield "No finding." if verdict.is_sealed else "The chains agree with themselves; that is no proof. Exit 3."
        return
    yield f"{len(verdict.findings)} finding{'s' if len(verdict.findings) > 1 else ''}:"
    for finding in verdict.findings:
        yield f"  {finding.code}  {finding.where}"
        yield f"      {finding.text}"


# ------------------------------------------------------------------ seal


class ExportSeals:
    """Keeps the Seals port in an export file: a seal is one more line."""

    def __init__(self, path: Path, rows: Rows) -> None:
        self._path = path
        self._seals = {seal.day: seal for seal in rows.seals()}

    def days(self) -> list[str]:
        return sorted(self._seals)

    def read(self, day: str) -> Seal:
        return self._seals[day]

    def write(self, seal: Seal) -> bool:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(ledger_rows.as_line(ledger_rows.seal_row(seal)))
        self._seals[seal.day] = seal
        return True


class ExportIndex:
    """Keeps the DayIndex port over the entries of an export."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def hashes(self, day: str) -> Iterator[str]:
        for entry in self._rows.entries():
            core = read_core(entry.core)
            if core and core.day == day:
                yield entry.hash


def _seal(chosen: argparse.Namespace) -> int:
    journey = _sealing(chosen)
    made = [journey.seal(_day(chosen.day), journey.seals.days())] if chosen.day else list(journey())
    for seal in filter(None, made):
        print(f"sealed {seal.day}: {len(seal.leaves) - 1} entries\n\n{seal.checkpoint}")
    print(f"Key: {journey.signer.key().as_text()}")
    if not any(made):
        print("Nothing to seal: every day up to yesterday is.")
    return 0


def _day(text: str) -> str:
    day = _moment(text).date()
    if day > aws.now().date():
        raise Unusable(f"{text} has not begun.")
    return day.isoformat()


def _sealing(chosen: argparse.Namespace) -> SealDay:
    if chosen.export:
        rows = ledger_rows.read_export(chosen.export, _told)
        return SealDay(
            ExportIndex(rows), ExportSeals(chosen.export, rows), _own_signer(chosen, ""), aws.now, chosen.look_back
        )
    tables = chosen_tables(chosen)
    signer: Signer = _own_signer(chosen, tables.settings.seal_log_name) if chosen.key else tables.signer
    return SealDay(tables.index, tables.seals, signer, aws.now, chosen.look_back)


def _own_signer(chosen: argparse.Namespace, name: str) -> KeyFileSigner:
    from shared.adapters.key_file_signer import KeyFileSigner

    log_name = chosen.log_name or name
    if not chosen.key or not log_name:
        raise Unusable("An export is sealed with your own key: give --key FILE and --log-name NAME.")
    is_new = not chosen.key.exists()
    try:
        signer = KeyFileSigner.from_file(log_name, chosen.key)
    except OSError as error:
        raise Unusable(f"{chosen.key} cannot be used: {error.strerror}.") from None
    if is_new:
        print(f"made {chosen.key}, a new Ed25519 key; keep it secret", file=sys.stderr)
    return signer


def _key(chosen: argparse.Namespace) -> int:
    print(chosen_tables(chosen).signer.key().as_text())
    return 0


# ------------------------------------------------------------------ receipt and bundle


@dataclass(frozen=True, slots=True)
class Case:
    """One person's file: the chain, the registry's wordings, where the data lies."""

    person: Person
    notices: dict[str, Notice]
    region: str
    keys: list[str]
    days: list[str]
    read_seal: Callable[[str], Seal]
    erasures: dict[str, int]


def _case(chosen: argparse.Namespace) -> Case:
    if chosen.export:
        rows = ledger_rows.read_export(chosen.export, _told)
        seals = ExportSeals(chosen.export, rows)
        keys = [str(row.get("key")) for row in rows.of("key")]
        notices = _notices(rows.notices())
        return Case(rows.person(chosen.lead_id), notices, "not stated", keys, seals.days(), seals.read, rows.erasures())
    tables = chosen_tables(chosen)
    notices = _notices({row["sha256"]: ledger_rows.notice_of(row) for row in tables.notice_rows()})
    person, region = tables.person(chosen.lead_id), f"AWS region {tables.settings.region}"
    return Case(person, notices, region, [tables.signer.key().as_text()], tables.seals.days(), tables.seals.read, {})


def _notices(registered: dict[str, Notice]) -> dict[str, Notice]:
    """The registry's wordings; the agreement adds those not yet written there, and statements that are missing."""
    agreed = {notice.sha256: notice for notice in from_compiled(compiled_agreement()).translated.values()}
    kept = {digest: notice for digest, notice in registered.items() if notice.facts or digest not in agreed}
    return {**agreed, **kept}


def _receipt(chosen: argparse.Namespace) -> int:
    from shared.domain.consent_receipt import Subject, kantara, record_27560

    case = _case(chosen)
    body = _body(case.person, chosen.seq)
    notice = case.notices.get((body["notice"] or {}).get("sha256", ""))
    if notice is None or not notice.facts:
        raise Unusable("The notice that was shown is not in the registry with its statements.")
    subject = Subject(body, chosen.lead_id, notice, case.region)
    made = record_27560(subject) if chosen.format == "27560" else kantara(subject)
    print(json.dumps(made, ensure_ascii=False, indent=1))
    return 0


def _body(person: Person, seq: int | None) -> dict[str, Any]:
    """The body of one entry, or of the last that holds boxes."""
    for entry in reversed(person.entries):
        core = read_core(entry.core)
        if core is None or entry.body is None or (seq is not None and core.seq != seq):
            continue
        body = json.loads(entry.body)
        if "boxes" in body:
            return dict(body)
    raise Unusable("There is no such entry with boxes and a body; it may have been erased.")


def _bundle(chosen: argparse.Namespace) -> int:
    case = _case(chosen)
    found = proof_bundle.look_up(case.person, case.days, case.read_seal)
    erasures = {**case.erasures, **_erasures(chosen.erasures)}
    plain = proof_bundle.as_plain(case.person, chosen.lead_id, found, case.notices, case.keys, erasures)
    with _private(chosen.out) as file:
        file.write(json.dumps(plain, ensure_ascii=False, indent=1) + "\n")
    sealed = f"{len(found.proofs)} of {len(case.person.entries)} entries are sealed"
    print(f"wrote {chosen.out}: {sealed}. It holds personal data; it can be read by you only.")
    return 0


RUN: dict[str, Callable[[argparse.Namespace], int]] = {
    "export": _export,
    "verify": _verify,
    "seal": _seal,
    "key": _key,
    "receipt": _receipt,
    "bundle": _bundle,
}
