"""An export of history: one JSON line per act or outcome, and how the lines of one lead are brought together.

`{"type":"event","lead":…,"event_id":…,"at":…,"kind":…,"form":…,"fields":{…},"context":{…},"judged":true,
"permission":["reply","mkt_email"],"is_test":false}` is an act; its fields hold no person: of an address there is
the domain, of a name, a number or a message that one was given. `{"type":"outcome","lead":…,"at":…,
"outcome":"accepted|rejected|won|lost","reason":…,"disputed":[rule…]}` is what sales made of a lead.
`{"type":"stage","lead":…,"at":…,"stage":…,"rule":…,"definition":…}` is a stage that it reached then, and
`{"type":"offer","lead":…,"at":…,"crossing":1,"rules":[…],"queue":…,"promises":["kept","breached"],"contacted_at":…,
"handed_off_at":…}` one offer to sales: reports read both, a back-test judges anew. Unknown types are left out.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from shared.domain.errors import LeadgateError
from shared.domain.lead import Event

PART_BYTES = 8 * 1024 * 1024
MOST_PARTS = 1000
TOLD_EVERY = 4 * 1024 * 1024
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z")
OUTCOMES = ("accepted", "rejected", "won", "lost")
NEEDED = {
    "event": ("lead", "at", "kind"),
    "outcome": ("lead", "at", "outcome"),
    "stage": ("lead", "at", "stage"),
    "offer": ("lead", "at"),
}
EVERY_PURPOSE = ("reply", "mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling")

Told = Callable[[int, int], None]  # bytes done, bytes in all


class NoHistory(LeadgateError):
    """A file that is no export of history; the text names file and line and says what to do."""


@dataclass(slots=True)
class History:
    """All acts of one lead, with the permission that stood after each, and what sales made of it at last; `told` are
    its other lines as they were exported.
    """

    lead: str
    acts: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)
    outcome: tuple[str, str] | None = None  # (when, what)
    told: list[Mapping[str, Any]] = field(default_factory=list)

    def lines(self, kind: str) -> list[Mapping[str, Any]]:
        """The lines of this type, in order of time."""
        return sorted((row for row in self.told if row["type"] == kind), key=lambda row: (row["at"], str(row)))


@contextmanager
def in_parts(files: Iterable[Path], told: Told) -> Iterator[list[Path]]:
    """The lines of the files in parts on disk, all lines of one lead in one part; the parts vanish afterwards.

    A part is small enough for memory, however long the files are. Raises NoHistory.
    """
    paths = list(files)
    size = sum(_size(path) for path in paths)
    count = min(MOST_PARTS, max(1, size // PART_BYTES + 1))
    with tempfile.TemporaryDirectory(prefix="leadgate-") as folder:
        parts = [Path(folder) / f"{number}.jsonl" for number in range(count)]
        with ExitStack() as open_files:
            outs = [open_files.enter_context(part.open("wb", buffering=1 << 16)) for part in parts]
            done = 0
            for path in paths:
                done = _spread(path, outs, done, size, told)
        yield parts


def histories(part: Path) -> Iterator[History]:
    """The leads of one part, each with its acts in order of time; test leads are there too."""
    found: dict[str, History] = {}
    with part.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            history = found.setdefault(row["lead"], History(row["lead"]))
            _add(history, row)
    for history in found.values():
        history.acts.sort(key=lambda act: (act[0].at, act[0].event_id))
        yield history


def history_of(rows: Iterable[Mapping[str, Any]]) -> History:
    """The history in the lines of one lead, at least one, as an export makes them."""
    history = History("")
    for row in rows:
        history.lead = row["lead"]
        _add(history, row)
    history.acts.sort(key=lambda act: (act[0].at, act[0].event_id))
    return history


def one_history(text: str, name: str) -> History:
    """The history in a small file: the lines of one lead, or one JSON object with these rows under `events`."""
    rows = _rows(text, name)
    history = History(str(rows[0].get("lead", "lead")) if rows else "lead")
    for number, row in enumerate(rows, 1):
        _check({"lead": history.lead, **row}, name, number)
        _add(history, row)
    history.acts.sort(key=lambda act: (act[0].at, act[0].event_id))
    return history


def _rows(text: str, name: str) -> list[dict[str, Any]]:
    try:
        whole = json.loads(text)
        found = whole["events"] if isinstance(whole, dict) and "events" in whole else [whole]
    except ValueError:
        found = [_json(line.encode(), name, number) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return [{"type": "event", **row} for row in found]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise NoHistory(f"{path}: cannot be read: {error.strerror}.") from None


def _spread(path: Path, outs: list[Any], done: int, size: int, told: Told) -> int:
    """Every line into the part of its lead; says how many bytes are done."""
    next_tell = done
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            done += len(line)
            if line.strip():
                row = _json(line, str(path), number)
                _check(row, str(path), number)
                if row["type"] in NEEDED:
                    outs[crc32(row["lead"].encode()) % len(outs)].write(line if line.endswith(b"\n") else line + b"\n")
            if done >= next_tell:
                told(done, size)
                next_tell = done + TOLD_EVERY
    return done


def _json(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        raise NoHistory(f"{name}:{number}: no JSON. Each line is one object as `leadgate export` writes it.") from None
    if not isinstance(row, dict):
        raise NoHistory(f"{name}:{number}: not an object. Each line is one object as `leadgate export` writes it.")
    return row


def _check(row: Mapping[str, Any], name: str, number: int) -> None:
    """What a run could not do without; the rest has a meaning when it is absent."""
    kind = row.get("type")
    wanted = NEEDED.get(str(kind), ())
    for member in wanted:
        if not isinstance(row.get(member), str) or not row[member]:
            raise NoHistory(f"{name}:{number}: {member} is missing or no text.")
    if wanted and not INSTANT.fullmatch(row["at"]):
        raise NoHistory(f"{name}:{number}: at: write it as 2026-03-02T12:00:00.000Z (UTC).")
    if kind == "outcome" and row["outcome"] not in OUTCOMES:
        raise NoHistory(f"{name}:{number}: outcome: one of {', '.join(OUTCOMES)}.")
    for member in ("fields", "context"):
        if kind == "event" and not isinstance(row.get(member, {}), dict):
            raise NoHistory(f"{name}:{number}: {member}: an object of names and values.")
    if kind is None:
        raise NoHistory(f"{name}:{number}: type is missing: event or outcome.")


def _add(history: History, row: Mapping[str, Any]) -> None:
    at = _with_milliseconds(row["at"])
    if row["type"] == "outcome":
        history.outcome = max(history.outcome or ("", ""), (at, row["outcome"]))
    if row["type"] != "event":
        history.told.append({**row, "at": at})
        return
    event = Event(
        event_id=str(row.get("event_id", f"{len(history.acts):032x}")),
        at=at,
        kind=row["kind"],
        form_id=str(row.get("form", "")),
        form_version=0,
        fields=row.get("fields", {}),
        context=row.get("context", {}),
        consents={},
        notice="",
        judged=bool(row.get("judged", True)),
        is_test=bool(row.get("is_test", False)),
    )
    history.acts.append((event, tuple(row.get("permission", EVERY_PURPOSE))))


def _with_milliseconds(at: str) -> str:
    """The instant with exactly three digits, so that text order is time order."""
    seconds, _, rest = at.rstrip("Z").partition(".")
    return f"{seconds}.{rest:0<3}Z"
