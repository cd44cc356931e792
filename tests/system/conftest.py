"""What `sam build` makes, built once for all tests of a run; and notes on how far these tests could go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.emulator import ROOT, run_sam

Tell = Callable[[str], None]
NOTES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the repository's own after `sam build`: `.aws-sam/build` holds an artifact for each function."""
    folder = tmp_path_factory.mktemp("built")
    run_sam(["build", f"--build-dir={folder / '.aws-sam' / 'build'}"], {}, ROOT)
    return folder


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Tell:
    """Note what the reader of the run should know; it is printed at the end, however quiet the run is."""
    return pytestconfig.stash.setdefault(NOTES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for note in config.stash.get(NOTES, []):
        terminalreporter.write_line(note)
