"""Notes on how far these tests could go, for the end of the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Tell = Callable[[str], None]
NOTES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Tell:
    """Note what the reader of the run should know; it is printed at the end, however quiet the run is."""
    return pytestconfig.stash.setdefault(NOTES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for note in config.stash.get(NOTES, []):
        terminalreporter.write_line(note)
