"""The ledger as rows: one JSON object a line in an export, the same rows read from tables, sorted on disk.

{"kind": "about", "schema": "leadgate-ledger/1", "made_at": …}     first line of an export
{"kind": "key", "key": "<name>+<id>+<base64>"}                     the public key of the checkpoints
{"kind": "entry", "pk", "sk", "core", "hash", "salt", "body", "day_shard"}
{"kind": "head", "lead_id", "chain", "seq", "hash"}                where a lead says that its chain ends
{"kind": "seal", "day", "checkpoint", "leaves"}
{"kind": "erasure", "day", "count"}                                recorded erasures, by day
{"kind": "notice", "notice_id", "version", "lang", "sha256", "wording", "withdrawal_method", "facts"}
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.unusable import Unusable
from shared.adapters.seal_store import seal_as_plain
from shared.domain.agreement import Notice
from shared.domain.ledger_entry import Head
from shared.domain.ledger_proof import Evidence, StoredEntry
from shared.domain.seal import Seal

Row = dict[str, Any]
SCHEMA = "leadgate-ledger/1"
KINDS = frozenset(("about", "key", "entry", "head", "seal", "erasure", "notice"))


@dataclass(frozen=True, slots=True)
class Person:
    """One lead's chain as far as it is stored, and where the lead says that it ends."""

    head: Head
    entries: tuple[StoredEntry, ...]


class Rows:
    """All rows in a private database on disk that ends with the process; memory does not grow with the ledger."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE entry (pk BLOB, sk BLOB, row TEXT)")
        self._db.execute("CREATE TABLE other (kind TEXT, name TEXT, row TEXT)")

    def close(self) -> None:
        self._db.close()

    def add(self, row: Row) -> None:
        text = json.dumps(row)
        if row["kind"] == "entry":
            self._db.execute("INSERT INTO entry VALUES (?, ?, ?)", (_key(row, "pk"), _key(row, "sk"), text))
        else:
            self._db.execute("INSERT INTO other VALUES (?, ?, ?)", (row["kind"], _name(row), text))

    def order(self) -> Rows:
        """Sort what came in; call it after the last row."""
        self._db.execute("CREATE INDEX by_place ON entry (pk, sk)")
        self._db.execute("CREATE INDEX by_name ON other (kind, name)")
        return self

    def replace_chain(self, chain: str, entries: Iterable[Row]) -> None:
        self._db.execute("DELETE FROM entry WHERE pk = ?", (f"CHAIN#{chain}".encode(),))
        for row in entries:
            self.add(row)

    def count(self, kind: str) -> int:
        table = "entry" if kind == "entry" else f"other WHERE kind = '{kind}'"
        (found,) = self._db.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(found)

    def entries(self, chain: str | None = None) -> Iterator[StoredEntry]:
        where, bound = ("WHERE pk = ?", (f"CHAIN#{chain}".encode(),)) if chain else ("", ())
        for (text,) in self._db.execute(f"SELECT row FROM entry {where} ORDER BY pk, sk, rowid", bound):
            yield entry_of(json.loads(text))

    def last_places(self) -> Iterator[tuple[str, str]]:
        """Chain and sort key of the last entry of each chain."""
        for pk, sk in self._db.execute("SELECT pk, max(sk) FROM entry GROUP BY pk").fetchall():
            yield pk.decode("utf-8", "replace").removeprefix("CHAIN#"), sk.decode("utf-8", "replace")

    def of(self, kind: str, name: str | None = None) -> Iterator[Row]:
        where, bound = ("AND name = ?", (kind, name)) if name is not None else ("", (kind,))
        for (text,) in self._db.execute(f"SELECT row FROM other WHERE kind = ? {where} ORDER BY name, rowid", bound):
            yield json.loads(text)

    def heads(self) -> Iterator[Head]:
        return map(head_of, self.of("head"))

    def seals(self) -> Iterator[Seal]:
        return map(seal_of, self.of("seal"))

    def erasures(self) -> dict[str, int]:
        counted: dict[str, int] = {}
        for row in self.of("erasure"):
            day = _text(row, "day")
            counted[day] = counted.get(day, 0) + _whole(row, "count")
        return counted

    def evidence(self) -> Evidence:
        return Evidence(self.entries(), self.heads(), self.seals(), self.erasures())

    def person(self, lead_id: str) -> Person:
        head = next(map(head_of, self.of("head", lead_id)), None)
        if head is None:
            raise Unusable(f"There is no lead {lead_id} here.")
        return Person(head, tuple(self.entries(head.chain)))

    def notices(self) -> dict[str, Notice]:
        """By SHA-256 as the row says it; whether that is the wording's hash is for a check to say."""
        return {notice.sha256: notice for notice in map(notice_of, self.of("notice"))}


# ------------------------------------------------------------------ rows and values


def entry_of(row: Mapping[str, Any]) -> StoredEntry:
    """What is not text is taken as missing: the checks then say what is wrong with it."""
    core, digest = _text(row, "core"), _text(row, "hash")
    erasable = {name: None if row.get(name) is None else _text(row, name) for name in ("salt", "body", "day_shard")}
    return StoredEntry(_text(row, "pk"), _text(row, "sk"), core, digest, **erasable)


def head_of(row: Mapping[str, Any]) -> Head:
    return Head(_text(row, "chain"), _whole(row, "seq"), _text(row, "hash"))


def seal_of(row: Mapping[str, Any]) -> Seal:
    leaves = row.get("leaves")
    kept = tuple(leaf if isinstance(leaf, str) else "" for leaf in leaves) if isinstance(leaves, list) else ()
    return Seal(_text(row, "day"), _text(row, "checkpoint"), kept)


def notice_of(row: Mapping[str, Any]) -> Notice:
    names = ("notice_id", "lang", "wording", "sha256", "withdrawal_method")
    facts = row.get("facts")
    texts = {name: _text(row, name) for name in names}
    return Notice(**texts, version=_whole(row, "version"), facts=facts if isinstance(facts, dict) else {})


def seal_row(seal: Seal) -> Row:
    return {"kind": "seal", **seal_as_plain(seal)}


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _whole(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    return value if type(value) is int else -1


def _key(row: Mapping[str, Any], name: str) -> bytes:
    return _text(row, name).encode("utf-8", "surrogatepass")


def _name(row: Row) -> str:
    """By what rows of a kind are sorted and found."""
    name = _text(row, {"head": "lead_id", "seal": "day", "erasure": "day", "notice": "sha256"}.get(row["kind"], ""))
    return name.encode("utf-8", "replace").decode()


# ------------------------------------------------------------------ files


def read_export(path: Path, told: Callable[[int], None] = lambda _count: None) -> Rows:
    """Every row of an export. Bytes that are no UTF-8 stay visible, so that the checks can name them."""
    rows = Rows()
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            for number, line in enumerate(file, 1):
                rows.add(_row(f"{path} line {number}", line))
                told(number)
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
    if next(rows.of("about"), {}).get("schema") != SCHEMA:
        raise Unusable(f"{path} is no ledger export: it does not say `{SCHEMA}`.")
    return rows.order()


def _row(where: str, line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise Unusable(f"{where} is not JSON.") from None
    if not isinstance(row, dict) or row.get("kind") not in KINDS:
        raise Unusable(f"{where} is no row of a ledger export (kind: {', '.join(sorted(KINDS))}).")
    return row


def as_line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
