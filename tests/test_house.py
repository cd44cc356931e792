"""The rules of the house that a machine can check: who may import whom, small doors, fresh agreement, locks without
hosts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.agreement import COMPILED, as_text, compile_agreement

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = (
    "boto3",
    "botocore",
    "urllib3",
    "os",
    "random",
    "uuid",
    "secrets",
    "time",
    "socket",
    "aws_lambda_powertools",
    "pydantic",
    "yaml",
)
READERS = ("email_validator", "phonenumbers", "idna")
MAY_IMPORT = {
    "shared/domain": ("shared.domain",),
    "shared/sources": ("shared.domain", "shared.sources", *READERS),
    "shared/journeys": ("shared.domain", "shared.journeys"),
    "shared/adapters": (
        "shared.domain",
        "shared.journeys.ports",
        "shared.journeys.permission_ports",
        "shared.journeys.erase_ports",
        "shared.journeys.ad_ports",
        "shared.journeys.offer_ports",
        "shared.journeys.figure_ports",
        "shared.adapters",
        "shared.settings",
        "socket",
        "os",
        "random",
        "secrets",
        "time",
    ),
    "shared/web": (
        "shared.domain",
        "shared.journeys.capture",
        "shared.journeys.permissions",
        "shared.sources.hubspot",
        "shared.sources.page_forms",
        "shared.web",
    ),
}
OURS_OR_WINDOWS = ("shared", "functions", "local", "tests", *WINDOWS, *READERS)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_from_the_rooms_that_it_may(room: str) -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / room).rglob("*.py")
        for name in imported(path)
        if within(name, OURS_OR_WINDOWS) and not within(name, MAY_IMPORT[room])
    }

    assert not found


def test_the_consumer_kit_can_be_copied_out_as_it_needs_nothing_of_ours() -> None:
    ours = ("shared", "functions", "local", "tests")

    assert not [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "consumer").rglob("*.py")
        for name in imported(path)
        if within(name, ours)
    ]


@pytest.mark.parametrize("room", ["shared/domain", "shared/sources", "shared/journeys"])
def test_no_quiet_room_looks_at_the_clock(room: str) -> None:
    looks = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(")

    assert not [path for path in (ROOT / room).rglob("*.py") if looks.search(path.read_text("utf-8"))]


def test_doors_do_not_import_each_other() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith(("functions", "local", "tests"))], path


def test_every_door_is_small() -> None:
    for path in (ROOT / "functions").rglob("handler.py"):
        code = [
            line
            for line in path.read_text("utf-8").splitlines()
            if line.strip() and not line.startswith(("from ", "import "))
        ]
        assert len(code) <= 55, path


def test_nothing_at_module_level_can_be_changed_by_a_visitor() -> None:
    """Lists, dicts and sets at module level are constants by their upper-case name; nothing ever assigns into one."""
    for path in [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(
                node.value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp
            ):
                assert all(
                    isinstance(target, ast.Name) and (target.id.isupper() or target.id.startswith("__"))
                    for target in node.targets
                ), path
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)], path


def test_the_compiled_agreement_is_the_reviewed_one() -> None:
    assert COMPILED.read_text("utf-8") == as_text(compile_agreement())


def test_no_lock_file_names_a_host() -> None:
    host = re.compile(r"https?://|--index-url|--extra-index-url|--find-links|resolved")

    locks = [
        path
        for path in [*ROOT.glob("requirements/*.lock"), *ROOT.glob("bench/*.lock"), *ROOT.glob("**/package-lock.json")]
        if ".venv" not in path.parts
    ]
    assert locks
    assert not [path for path in locks if host.search(path.read_text("utf-8"))]


def test_every_locked_package_has_its_hashes() -> None:
    for path in ROOT.glob("requirements/*.lock"):
        text = path.read_text("utf-8")
        assert text.count("==") <= text.count("--hash=sha256:"), path


def test_no_journey_writes_about_a_person_past_the_suppression_list() -> None:
    """Every function that records a submission, an act or an answer asks the list first, in the function itself.
    Judging anew (rejudge.py) adds no act.
    """
    writers = {
        f"{path.name}: {function.name}": called(function)
        for path in (ROOT / "shared" / "journeys").glob("*.py")
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and called(function) & {"record", "change", "note", "settle"}
        if path.name != "rejudge.py"
    }

    assert set(writers) == {"capture.py: _once", "permissions.py: _write", "engage.py: _once", "answer.py: _once"}
    for name, calls in writers.items():
        assert calls & {"recall", "found"}, name


def called(function: ast.FunctionDef) -> set[str]:
    """The names of the methods that a function calls."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.attr for call in calls if isinstance(call, ast.Attribute)}
