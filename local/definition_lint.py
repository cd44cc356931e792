"""`leadgate definition lint`: is the definition well formed, and does it make sense?

Every finding has its file, its line, a code, what is wrong and what to write instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from local import definition_lint_gates, definition_lint_names, definition_lint_outcomes, definition_lint_points
from local import definition_lint_schema as schema
from local.definition_coverage import Coverage, coverage
from local.definition_file import DefinitionText, Unreadable, read
from local.definition_sheet import Around, Fault, Sheet, around

OF_ANY_SHAPE = (definition_lint_names, definition_lint_points, definition_lint_outcomes)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know before the definition is used; `level` is error or warning."""

    file: str
    line: int
    level: str
    code: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level} {self.code}: {self.what}\n    {self.advice}"


def definition_files(home: Path) -> list[Path]:
    """The definition and those of business units."""
    return [home / "definition.yaml", *sorted((home / "definitions").glob("*.yaml"))]


def lint(files: Sequence[Path], surroundings: Around) -> list[Finding]:
    """All findings in order of files and lines; a rule id used in two of the files is a finding in the later one."""
    findings: list[Finding] = []
    elsewhere: dict[str, str] = {}
    for path in files:
        try:
            source = read(path)
        except Unreadable as error:
            advice = "Mend the line that is named; indent with spaces, and quote text that holds `: ` or `#`."
            findings.append(Finding(str(path), error.line or 1, "error", "not_yaml", error.why, advice))
            continue
        sheet = Sheet(source, replace(surroundings, rules_elsewhere=elsewhere))
        findings += findings_in(sheet)
        elsewhere = {**elsewhere, **{rule.id: source.name for rule in sheet.rules()}}
    return findings


def lint_home(home: Path, today: date) -> list[Finding]:
    """All definitions of an agreement, among its forms and sources."""
    return lint(definition_files(home), around(home, today))


def findings_in(sheet: Sheet) -> list[Finding]:
    """The findings of one file. What the schema says is left out where a check says the same thing better."""
    refused = list(schema.faults(sheet))
    meant = [fault for check in OF_ANY_SHAPE for fault in check.faults(sheet)]
    if not refused:
        meant += _new(definition_lint_gates.faults(sheet), meant)
    errors = [fault for fault in meant if fault.level == "error"]
    told = [*(schema.named(sheet, fault) for fault in refused if not any(_same(fault, one) for one in errors)), *meant]
    found = {_finding(sheet.source, fault) for fault in told}
    return sorted(found, key=lambda one: (one.line, one.level, one.code, one.what))


def _new(faults: Iterable[Fault], known: list[Fault]) -> Iterator[Fault]:
    """Faults at places where nothing is known to be wrong: one cause is told once."""
    places = {fault.place for fault in known if fault.level == "error"}
    for fault in faults:
        if not any(fault.place[: len(place)] == place or place[: len(fault.place)] == fault.place for place in places):
            yield fault


def _same(refused: Fault, meant: Fault) -> bool:
    """Do both speak of the same part of the file? A sentence about the whole file only repeats what a check found."""
    short = min(len(refused.place), len(meant.place))
    return refused.place[:short] == meant.place[:short] and (bool(short) or refused.code == "schema")


def _finding(source: DefinitionText, fault: Fault) -> Finding:
    line = fault.line or source.line(fault.place)
    return Finding(source.name, line, fault.level, fault.code, fault.what, fault.advice)


# ------------------------------------------------------------------ the command


def run(files: Sequence[Path], home: Path, events: Path | None, as_json: bool, today: date) -> int:
    """0 when nothing forbids the definition, 1 when something does."""
    files = files or definition_files(home)
    findings = lint(files, around(home, today))
    shares = coverage(files, events) if events else None
    if shares:
        findings += never_filled(files[0], shares)
    print(as_plain(findings, shares) if as_json else in_words(findings, shares, len(files)))
    return int(any(one.level == "error" for one in findings))


def never_filled(path: Path, shares: Coverage) -> list[Finding]:
    """Fields that the definition asks for and nobody of this history ever filled."""
    source = read(path)
    advice = "Ask for it in a form, or do not build on it."
    return [
        Finding(
            source.name, line, "warning", "never_filled", f"Nobody of {shares.leads} leads filled `{name}`.", advice
        )
        for name, line in shares.asked.items()
        if shares.leads and not shares.filled.get(name)
    ]


def as_plain(findings: list[Finding], shares: Coverage | None) -> str:
    errors = sum(one.level == "error" for one in findings)
    plain: dict[str, Any] = {
        "errors": errors,
        "warnings": len(findings) - errors,
        "findings": [asdict(one) for one in findings],
    }
    if shares:
        plain["coverage"] = {"leads": shares.leads, "percent": shares.percent()}
    return json.dumps(plain, ensure_ascii=False, indent=1)


def in_words(findings: list[Finding], shares: Coverage | None, files: int) -> str:
    errors = sum(one.level == "error" for one in findings)
    lines = [str(one) for one in findings]
    if shares:
        lines += shares.in_words()
    many = f"{files} definition{'s' if files != 1 else ''}"
    lines.append(f"{many}: {errors} errors, {len(findings) - errors} warnings")
    return "\n".join(lines)
