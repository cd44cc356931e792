"""Processes that a test starts must end with it."""

from __future__ import annotations

import subprocess


def end(child: subprocess.Popen[bytes], patience_seconds: float) -> None:
    """Ask it to end, then make it."""
    child.terminate()
    try:
        child.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
