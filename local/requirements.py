"""Which test shows which requirement: docs/requirements.md, written from the marks on the tests.

    python -m local.requirements            writes the page
    python -m local.requirements --check    says whether it is fresh, writes nothing

Tests are read, not run. A mark is `@pytest.mark.requirement("A9c", "B24a")` on a test, on one case
(`pytest.param(…, marks=…)`) or, as `pytestmark`, on a file.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local import generated
from local.plain_yaml import load

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "requirements.yaml"
PAGE = ROOT / "docs" / "requirements.md"
TESTS = ROOT / "tests"
LEVELS = {"M": "must", "S": "should", "I": "information"}
HEAD = """# Requirements and the tests that show them

Written by `make requirements` from [requirements.yaml](requirements.yaml) and from the marks
`@pytest.mark.requirement("…")` on the tests; do not edit. Level: **M** must · **S** should · I information.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement; `level` is M, S or I."""

    id: str
    level: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A test that shows a requirement; `path` is relative to the repository."""

    requirement: str
    path: str
    test: str


def rows(source: Path = ROWS) -> dict[str, list[Row]]:
    """The requirements under their headings."""
    plain = load(source)
    return {
        heading: [Row(name, level, meaning) for name, (level, meaning) in table.items()]
        for heading, table in plain.items()
    }


def marked(tests: Path = TESTS) -> list[Shown]:
    """Every mark on every test below `tests`, in order of files and lines."""
    return [shown for path in sorted(tests.rglob("test_*.py")) for shown in _in_file(path, tests.parent)]


def _in_file(path: Path, root: Path) -> Iterator[Shown]:
    name = path.relative_to(root).as_posix()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                yield from (Shown(mark, name, node.name) for mark in _marks(decorator))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            yield from (Shown(mark, name, "") for mark in _marks(node.value))


def _marks(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.requirement":
            yield from (str(ast.literal_eval(argument)) for argument in node.args)


def page(tables: Mapping[str, list[Row]], shown: list[Shown]) -> str:
    """The whole document; a ValueError when a test claims a requirement that does not exist."""
    known = {row.id for table in tables.values() for row in table}
    strange = [f"{one.path}: {one.requirement}" for one in shown if one.requirement not in known]
    if strange:
        raise ValueError(f"No such requirement: {', '.join(strange)}. docs/requirements.yaml lists them.")
    by_row: dict[str, list[Shown]] = {}
    for one in shown:
        by_row.setdefault(one.requirement, []).append(one)
    sections = (_section(heading, table, by_row) for heading, table in tables.items())
    return "\n".join([HEAD, _summary(tables, by_row), "", *sections])


def _summary(tables: Mapping[str, list[Row]], by_row: Mapping[str, list[Shown]]) -> str:
    lines = []
    for level in ("M", "S"):
        wanted = [row.id for table in tables.values() for row in table if row.level == level]
        gaps = [name for name in wanted if name not in by_row]
        told = f"Gaps: {', '.join(gaps)}." if gaps else "No gaps."
        lines.append(f"- **{level}** ({LEVELS[level]}): {len(wanted) - len(gaps)} of {len(wanted)} shown. {told}")
    return "\n".join(lines)


def _section(heading: str, table: list[Row], by_row: Mapping[str, list[Shown]]) -> str:
    lines = [f"## {heading}", "", "| id | level | meaning | shown by |", "|---|---|---|---|"]
    for row in table:
        tests = sorted({_told(one) for one in by_row.get(row.id, [])})
        missing = "–" if row.level == "I" else "**gap**"
        level = row.level if row.level == "I" else f"**{row.level}**"
        lines.append(f"| {row.id} | {level} | {row.meaning} | {'<br>'.join(tests) or missing} |")
    return "\n".join([*lines, ""])


def _told(shown: Shown) -> str:
    sentence = shown.test.removeprefix("test_").replace("_", " ") or "the whole file"
    return f"{sentence} ([{shown.path.rpartition('/')[2]}](../{shown.path}))"


def main(argv: list[str] | None = None) -> int:
    """0 when written or fresh, 1 when stale or when a mark names nothing."""
    about = "Write docs/requirements.md: which test shows which requirement."
    options = generated.options("requirements", about, argv)
    try:
        text = page(rows(), marked())
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    status = generated.settle(PAGE, text, options.check, "requirements")
    if not options.check:
        print(text[len(HEAD) :].split("##")[0].strip())
    return status


if __name__ == "__main__":
    sys.exit(main())
