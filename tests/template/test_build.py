"""The artifact holds what runs and nothing else, the same bytes every time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import build as builder
from local import template as templates

FUNCTIONS = {handler.split(".")[1]: name for name, handler in templates.functions(templates.read()).items()}
DOORS = sorted(FUNCTIONS)
BULK = ("boto3", "botocore", "dns", "pydantic", "yaml", "pytest")
LARGEST_MEBIBYTES = 5


@pytest.fixture(scope="module")
def artifacts(built: Path) -> dict[str, Path]:
    """Where `sam build` put each door."""
    return {door: built / ".aws-sam" / "build" / name for door, name in FUNCTIONS.items()}


def modules(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*.py")]


@pytest.mark.parametrize("door", DOORS)
def test_a_door_travels_alone(artifacts: dict[str, Path], door: str) -> None:
    own = {path.split("/")[1] for path in modules(artifacts[door]) if path.startswith("functions/")}

    assert own == {"__init__.py", door}


@pytest.mark.parametrize("door", DOORS)
def test_nothing_enters_that_does_not_run(artifacts: dict[str, Path], door: str) -> None:
    entries = {path.name for path in artifacts[door].iterdir()}

    assert entries.isdisjoint({*BULK, "tests", "local", "docs", "README.md"})
    assert not [name for name in entries if name.endswith(".dist-info")]
    assert [path.name for path in (artifacts[door] / "agreement").iterdir()] == ["compiled.json"]
    assert "shared/adapters/memory.py" not in modules(artifacts[door])


@pytest.mark.parametrize("door", DOORS)
def test_an_artifact_is_small_and_pure_python(artifacts: dict[str, Path], door: str) -> None:
    files = [path for path in artifacts[door].rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < LARGEST_MEBIBYTES * 2**20
    assert {path.suffix for path in files} <= {".py", ".pyc", ".json"}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_opens_with_its_artifact_alone(artifacts: dict[str, Path], door: str) -> None:
    variables = dict.fromkeys(("LEADS_TABLE", "LEDGER_TABLE", "NOTICES_TABLE", "SUPPRESSIONS_TABLE"), "x")
    script = f"import sys; sys.path.insert(0, {str(artifacts[door])!r}); import functions.{door}.handler"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script],
        check=False,
        env={**variables, "HAND_OFF_QUEUE_URL": "http://127.0.0.1/q", "AWS_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


def test_editing_the_readme_or_a_test_changes_no_byte(
    artifacts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    for name in ("functions", "shared", "agreement", "local", "requirements"):
        shutil.copytree(builder.ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(builder.ROOT / "template.yaml", copy)
    (copy / "README.md").write_text("Another README", encoding="utf-8")
    (copy / "shared" / "domain" / "test_extra.py").write_text("CHANGED = True\n", encoding="utf-8")
    (copy / "agreement" / "definition.yaml").write_text("# not compiled, so not shipped\n", encoding="utf-8")
    monkeypatch.setattr(builder, "ROOT", copy)

    builder.build("relay", tmp_path / "again")

    assert builder.digest(tmp_path / "again") == builder.digest(artifacts["relay"])


def test_packages_made_anew_have_the_same_bytes(
    artifacts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "CACHE", tmp_path / "cache")

    builder.build("relay", tmp_path / "again")

    assert builder.digest(tmp_path / "again") == builder.digest(artifacts["relay"])


# Without that interpreter an artifact holds no .pyc files, and the build says so: then nothing proves that Lambda would
# trust them. What remains: every other test of this file, on the same artifacts; only the cold start is slower.
@pytest.mark.skipif(  # no interpreter of that version, so there is no compiled file to look at
    builder.find_interpreter(builder.runtime()) is None,
    reason="no interpreter of the runtime's version on this machine",
)
def test_every_module_is_compiled_and_trusted_without_looking_at_dates(artifacts: dict[str, Path]) -> None:
    folder = artifacts["receive_form"]
    version = builder.runtime().replace(".", "")

    for source in folder.rglob("*.py"):
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-{version}.pyc"
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")

        assert flags == 0b01  # hash-based and unchecked (PEP 552)
        assert os.fsencode(folder) not in compiled.read_bytes()


def test_an_unknown_door_is_refused(tmp_path: Path) -> None:
    with pytest.raises(builder.BuildRefused, match="back_door"):
        builder.build("back_door", tmp_path)


def test_compiled_extensions_are_refused(tmp_path: Path) -> None:
    (tmp_path / "fast.so").touch()

    with pytest.raises(builder.BuildRefused, match=r"fast\.so"):
        builder.cut(tmp_path)


def test_the_builder_needs_nothing_but_the_standard_library() -> None:
    names = {name.split(".")[0] for name in builder.imported(Path(builder.__file__))}

    assert names - {"__future__"} <= sys.stdlib_module_names


def test_imports_are_found_wherever_they_stand(tmp_path: Path) -> None:
    source = tmp_path / "late.py"
    source.write_text("import a.b\ndef f():\n    from c import d\n", encoding="utf-8")

    assert sorted(builder.imported(source)) == ["a.b", "c", "c.d"]
