"""What a consumer remembers: which messages are done, the newest version of each kind for a lead, who is gone.

No personal data: ids of messages and leads only. Several workers may share one SqliteStore's file on one machine; keep
the Store protocol over your own database otherwise.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

TABLES = """
CREATE TABLE IF NOT EXISTS done (message_id TEXT PRIMARY KEY, lead_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS newest (lead_id TEXT, kind TEXT, version INTEGER NOT NULL, PRIMARY KEY (lead_id, kind));
CREATE TABLE IF NOT EXISTS gone (lead_id TEXT PRIMARY KEY);
"""
RISE = """
INSERT INTO newest VALUES (?, ?, ?)
ON CONFLICT (lead_id, kind) DO UPDATE SET version = max(version, excluded.version)
"""


class Store(Protocol):
    """Every method is one transaction of its own."""

    def is_done(self, message_id: str) -> bool: ...

    def newest(self, lead_id: str, kind: str) -> int:
        """The highest version of this kind that is done, or of the lead that was written; 0 when none is."""
        ...

    def is_gone(self, lead_id: str) -> bool: ...

    def finish(self, message_id: str, lead_id: str, versions: Mapping[str, int]) -> None:
        """The message is done; `versions` are those of its kind and of the lead as it was written. None ever falls."""
        ...

    def bury(self, lead_id: str) -> None:
        """The lead is gone for good; only that is remembered."""
        ...


class MemoryStore:
    """Keeps Store for one process, as long as it lives."""

    def __init__(self) -> None:
        self._done: dict[str, str] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._gone: set[str] = set()
        self._lock = threading.Lock()

    def is_done(self, message_id: str) -> bool:
        return message_id in self._done

    def newest(self, lead_id: str, kind: str) -> int:
        return self._newest.get((lead_id, kind), 0)

    def is_gone(self, lead_id: str) -> bool:
        return lead_id in self._gone

    def finish(self, message_id: str, lead_id: str, versions: Mapping[str, int]) -> None:
        with self._lock:
            self._done[message_id] = lead_id
            for kind, version in versions.items():
                self._newest[lead_id, kind] = max(version, self._newest.get((lead_id, kind), 0))

    def bury(self, lead_id: str) -> None:
        with self._lock:
            self._gone.add(lead_id)
            self._done = {message: lead for message, lead in self._done.items() if lead != lead_id}
            self._newest = {key: version for key, version in self._newest.items() if key[0] != lead_id}


class SqliteStore:
    """Keeps Store in a file."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.executescript(TABLES)

    def is_done(self, message_id: str) -> bool:
        return bool(self._asked("SELECT 1 FROM done WHERE message_id = ?", message_id))

    def newest(self, lead_id: str, kind: str) -> int:
        return self._asked("SELECT version FROM newest WHERE lead_id = ? AND kind = ?", lead_id, kind)

    def is_gone(self, lead_id: str) -> bool:
        return bool(self._asked("SELECT 1 FROM gone WHERE lead_id = ?", lead_id))

    def finish(self, message_id: str, lead_id: str, versions: Mapping[str, int]) -> None:
        self._write(
            ("INSERT OR REPLACE INTO done VALUES (?, ?)", (message_id, lead_id)),
            *((RISE, (lead_id, kind, version)) for kind, version in versions.items()),
        )

    def bury(self, lead_id: str) -> None:
        self._write(
            ("INSERT OR IGNORE INTO gone VALUES (?)", (lead_id,)),
            ("DELETE FROM done WHERE lead_id = ?", (lead_id,)),
            ("DELETE FROM newest WHERE lead_id = ?", (lead_id,)),
        )

    def close(self) -> None:
        self._rows.close()

    def _asked(self, question: str, *values: str) -> int:
        with self._lock:
            row = self._rows.execute(question, values).fetchone()
        return int(row[0]) if row else 0

    def _write(self, *statements: tuple[str, tuple[str | int, ...]]) -> None:
        with self._lock:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                for statement, values in statements:
                    self._rows.execute(statement, values)
                self._rows.execute("COMMIT")
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
