"""Makes the artifact of one door: `python -m local.build receive_form DESTINATION`.

`sam build` calls it once for each function through the Makefile. It needs nothing but the standard library and pip.
The artifact holds the door, the modules of `shared` that the door imports, the compiled agreement, and the packages
of `requirements/runtime.lock` that those modules import, cut down to what runs. Nothing else enters, so an edit of
the README, of a test or of another door leaves it byte for byte as it was.

Compiled modules (`.pyc`) travel along for the runtime's Python: Lambda's file system is read-only, so without them
every cold start would compile everything again.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "runtime.lock"
CACHE = ROOT / ".build"
OWN_ROOMS = ("functions", "shared")
AGREEMENT = Path("agreement/compiled.json")

# Subpackages that Logger and Metrics never import, and data of short numbers (112, 911).
CUT = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/metrics/provider/datadog",
    "aws_lambda_powertools/middleware_factory",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            "auth_alpha",
            "batch",
            "circuit_breaker",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "parameters",
            "parser",
            "streaming",
            "validation",
        )
    ),
    "phonenumbers/shortdata/region_*.py",
)
LITTER = ("*.pyi", "py.typed", "__pycache__", "*.dist-info", "bin", "tests")
COMPILED = (".so", ".pyd", ".dylib")


class BuildRefused(Exception):
    """The artifact would be wrong or cannot be made; the text says what to do."""


def build(door: str, destination: Path) -> None:
    """Fill `destination` with everything the door needs to run, and nothing else."""
    modules = reachable(f"functions.{door}.handler")
    interpreter = find_interpreter(runtime())
    if interpreter is None:
        print(f"No python{runtime()} here: built without .pyc files, so cold starts take about 3 times as long.")
    copy_own(modules, destination)
    compile_modules(destination, interpreter)
    copy_packages(modules, packages(interpreter), destination)


def reachable(module: str) -> dict[str, Path]:
    """Our own modules that this one imports, directly or not, by dotted name, their packages included."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _own_file(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [*imported(path), name.rpartition(".")[0]]
    if module not in found:
        raise BuildRefused(f"There is no module {module} in {ROOT}")
    return found


def imported(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports anywhere in it; `from a import b` may mean `a` or `a.b`."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def copy_own(modules: dict[str, Path], destination: Path) -> None:
    """Copy the door's modules and the compiled agreement."""
    agreement = ROOT / AGREEMENT
    if not agreement.is_file():
        raise BuildRefused(f"{AGREEMENT} is missing: run `python -m local.agreement`")
    for path in [*modules.values(), agreement]:
        target = destination / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def copy_packages(modules: dict[str, Path], source: Path, destination: Path) -> None:
    """Copy the packages that these modules import, and those that the packages import."""
    offered = {path.stem: path for path in source.iterdir()}
    needs = json.loads((source.with_suffix(".json")).read_text(encoding="utf-8"))
    waiting = _top_levels(modules.values())
    copied: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in copied or name not in offered:
            continue
        copied.add(name)
        _copy(offered[name], destination)
        waiting |= set(needs[name])


def packages(interpreter: str | None) -> Path:
    """The folder of installed, cut and compiled runtime packages, made once for each lock."""
    recipe = LOCK.read_bytes() + Path(__file__).read_bytes() + (interpreter or "").encode()
    ready = CACHE / f"packages-{hashlib.sha256(recipe).hexdigest()[:16]}"
    if not ready.is_dir():
        CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            made = Path(folder) / "packages"
            install(made)
            cut(made)
            needs = {path.stem: sorted(_top_levels(_sources(path))) for path in made.iterdir()}
            compile_modules(made, interpreter)
            ready.with_suffix(".json").write_text(json.dumps(needs), encoding="utf-8")
            _claim(made, ready)
    return ready


def install(folder: Path) -> None:
    """Install the lock for the runtime; `--platform any` refuses everything that is not pure Python."""
    pure = ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    command = [
        *_pip(folder.parent),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-compile",
        "--require-hashes",
        f"--python-version={runtime()}",
        *pure,
        f"--target={folder}",
        f"--requirement={LOCK}",
    ]
    _run(command, "The runtime packages could not be installed")


def cut(folder: Path) -> None:
    """Take out what never runs, and refuse what is not Python."""
    unwanted = [path for pattern in CUT for path in folder.glob(pattern)]
    litter = [path for pattern in LITTER for path in folder.rglob(pattern)]
    for path in unwanted + litter:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    compiled = [path.name for path in folder.rglob("*") if path.suffix in COMPILED]
    if compiled:
        raise BuildRefused(f"Not pure Python: {', '.join(compiled)}")


def compile_modules(folder: Path, interpreter: str | None) -> None:
    """Add `.pyc` files that Lambda loads without checking the sources' dates, which differ on every machine."""
    if interpreter is None:
        return
    modes = ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", "/var/task"]
    _run([interpreter, "-m", "compileall", "-q", *modes, str(folder)], "A module does not compile")


def runtime() -> str:
    """The Python version that the template asks for, such as `3.13`."""
    found = re.search(r"Runtime: python(3\.\d+)", (ROOT / "template.yaml").read_text(encoding="utf-8"))
    if found is None:
        raise BuildRefused("template.yaml names no Python runtime")
    return found[1]


def find_interpreter(version: str) -> str | None:
    """An interpreter of exactly this version: this one, one on the PATH, or one that pyenv or uv keeps."""
    candidates = [sys.executable, shutil.which(f"python{version}"), *_kept_interpreters(version)]
    return next((path for path in candidates if path and _version_of(path) == version), None)


def digest(folder: Path) -> str:
    """One hash over names and bytes of a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def describe(folder: Path) -> str:
    """One line about a built artifact."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    mebibytes = sum(path.stat().st_size for path in files) / 2**20
    return f"{folder.name}: {len(files)} files, {mebibytes:.1f} MiB, sha256 {digest(folder)[:16]}"


def main(arguments: list[str]) -> int:
    """Build one door into a folder and say what came out."""
    if len(arguments) != 2:
        print("usage: python -m local.build DOOR DESTINATION", file=sys.stderr)
        return 2
    door, destination = arguments[0], Path(arguments[1])
    try:
        build(door, destination)
    except BuildRefused as refused:
        print(refused, file=sys.stderr)
        return 1
    print(describe(destination))
    return 0


def _own_file(name: str) -> Path | None:
    if not name.startswith(tuple(f"{room}." for room in OWN_ROOMS)) and name not in OWN_ROOMS:
        return None
    path = ROOT.joinpath(*name.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _top_levels(files: Iterable[Path]) -> set[str]:
    return {name.split(".")[0] for path in files for name in imported(path)}


def _sources(package: Path) -> list[Path]:
    return [package] if package.is_file() else list(package.rglob("*.py"))


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, folder / source.name, copy_function=shutil.copyfile, dirs_exist_ok=True)
        return
    compiled = source.parent.glob(f"__pycache__/{source.stem}.*.pyc")
    for path in [source, *compiled]:
        target = folder / path.relative_to(source.parent)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)


def _claim(made: Path, ready: Path) -> None:
    """Two builds at once make the same folder: the first one counts."""
    try:
        made.rename(ready)
    except OSError:
        if not ready.is_dir():
            raise


def _pip(scratch: Path) -> list[str]:
    """The pip of this interpreter, or one in a throw-away environment where it has none."""
    if _answer([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip"]
    environment = scratch / "pip"
    _run([sys.executable, "-m", "venv", str(environment)], "This Python has neither pip nor venv")
    return [str(environment / "bin" / "python"), "-m", "pip"]


def _kept_interpreters(version: str) -> Iterator[str]:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(pyenv.glob(f"{version}*/bin/python{version}")))
    uv = shutil.which("uv")
    if uv:
        yield _answer([uv, "python", "find", "--no-python-downloads", version])


def _version_of(interpreter: str) -> str:
    return _answer([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])


def _answer(command: list[str]) -> str:
    """What a command prints, or nothing where it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return "" if done.returncode else done.stdout.strip()


def _run(command: list[str], complaint: str) -> None:
    # A fixed hash seed keeps the order of set constants, and so the compiled bytes, the same every time.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command, check=False, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise BuildRefused(f"{complaint}:\n{done.stdout.strip()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
