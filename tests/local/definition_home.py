"""A copy of the shipped agreement that a test may spoil, and the findings of the linter in it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from local.agreement import HOME
from local.definition_lint import Finding, lint, lint_home
from local.definition_sheet import around

TODAY = date(2026, 11, 22)
DEFINITION = "definition.yaml"


def copied(into: Path, compiled: bool = False) -> Path:
    """The agreement's files; without `compiled` nothing is in force yet, so nothing was changed after signing."""
    home = Path(shutil.copytree(HOME, into / "agreement"))
    if not compiled:
        (home / "compiled.json").unlink()
    return home


def spoil(home: Path, old: str, new: str, file: str = DEFINITION) -> str:
    """The text after one edit."""
    text = (home / file).read_text("utf-8")
    assert old in text, old
    text = text.replace(old, new, 1)
    (home / file).write_text(text, "utf-8")
    return text


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


AROUND = replace(around(HOME, TODAY), signed={})


def found(home: Path) -> list[Finding]:
    """The findings among the home's own forms and signed definitions."""
    return lint_home(home, TODAY)


def found_in_definition(home: Path) -> list[Finding]:
    """The findings in the one file, among the shipped forms; nothing is in force yet."""
    return lint([home / DEFINITION], AROUND)
