"""The functions' standard output on this machine: a log file, and ears for those who tell the story."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO


class Tap(io.TextIOBase):
    """Stands where standard output stood: writes whole lines to the file and to whoever listens on this thread."""

    def __init__(self, file: IO[str], copy: IO[str] | None = None) -> None:
        self._files = [file, *([copy] if copy else [])]
        self._lock = threading.Lock()
        self._here = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._here, "rest", "") + text).split("\n")
        self._here.rest = rest
        for line in filter(None, lines):
            self._tell(line)
        return len(text)

    def _tell(self, line: str) -> None:
        for heard in getattr(self._here, "ears", ()):
            heard.append(line)
        with self._lock, suppress(ValueError):  # a thread may speak after the file was closed
            for file in self._files:
                file.write(line + "\n")
                file.flush()

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """The lines that this thread writes meanwhile."""
        heard: list[str] = []
        before = getattr(self._here, "ears", ())
        self._here.ears = (*before, heard)
        try:
            yield heard
        finally:
            self._here.ears = before
