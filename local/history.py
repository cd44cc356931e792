"""Exports of history as files: checked line by line, and the lines of one lead brought together.

What a line holds says `shared/domain/history.py`; unknown types are left out.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any
from zlib import crc32

from shared.domain import money
from shared.domain.errors import LeadgateError
from shared.domain.history import History

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

Told = Callable[[int, int], None]  # bytes done, bytes in all


class NoHistory(LeadgateError):
    """A file that is no export of history; the text names file and line and says what to do."""


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
            history.add(row)
    for history in found.values():
        yield history.in_order()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise NoHistory(f"{path}: cannot be read: {error.strerror}.") from None


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise NoHistory(f"{path}: cannot be read: {error.strerror}.") from None


def _spread(path: Path, outs: list[Any], done: int, size: int, told: Told) -> int:
    """Every line into the part of its lead; says how many bytes are done."""
    next_tell = done
    with _opened(path) as lines:
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
    for fault in money.faults(row) if kind == "outcome" else ():
        raise NoHistory(
            f"{name}:{number}: {fault.pointer[1:]}: minor units such as 125000, and a currency such as EUR."
        )
    for member in ("fields", "context"):
        if kind == "event" and not isinstance(row.get(member, {}), dict):
            raise NoHistory(f"{name}:{number}: {member}: an object of names and values.")
    if kind == "offer" and not _are_objects(row.get("given", [])):
        raise NoHistory(
            f"{name}:{number}: given: a list of objects, one for each time the offer was given to somebody."
        )
    if kind is None:
        raise NoHistory(f"{name}:{number}: type is missing: event or outcome.")


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)
