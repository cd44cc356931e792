"""An agreement to spoil, and an address where nobody answers."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.agreement import HOME


@pytest.fixture
def nobody() -> Iterator[str]:
    """The URL of a port that is held and not listened to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped agreement that a test may spoil."""
    return Path(shutil.copytree(HOME, tmp_path / "agreement"))
