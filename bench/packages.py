"""The packages to be measured, each in a folder of its own, as Lambda would unpack it under /var/task.

The peers are installed from `bench/requirements.lock` (hashes checked); pip picks for each peer only what it needs.
Every package is compiled by the interpreter that runs it, with hashes unchecked, as `local.build` does for the runtime.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local import build

ROOT = build.ROOT
HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
DOOR = "receive_form"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to do the job; `roots` are the distributions a peer asks for, `fields` come on top of the usual ones."""

    name: str
    title: str
    module: str
    roots: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""


OURS = Variant("leadgate", "Leadgate, built capture function", f"functions.{DOOR}.handler")
PHONE = Variant(
    "leadgate-phone",
    "Leadgate, with a phone number to parse",
    f"functions.{DOOR}.handler",
    fields={"phone": "+44 20 7946 0123"},
    folder="leadgate",
)
USUAL = Variant(
    "usual-way",
    "(a) Powertools + boto3.resource",
    "usual_way",
    ("aws-lambda-powertools[parser,tracer]", "boto3", "pydantic", "email-validator"),
    ("usual_way.py", "form.py", "outline.py"),
)
FASTAPI = Variant(
    "fastapi",
    "(b) FastAPI + Mangum + boto3 client",
    "fastapi_mangum",
    ("fastapi", "mangum", "boto3", "pydantic", "email-validator"),
    ("fastapi_mangum.py", "form.py", "outline.py"),
)
FLOOR = Variant(
    "floor", "(c) floor: json + botocore client", "bare_floor", ("botocore",), ("bare_floor.py", "outline.py")
)
VARIANTS = (OURS, PHONE, USUAL, FASTAPI, FLOOR)


def ready(interpreter: str, version: str) -> dict[str, Path]:
    """The folder of each variant, by its name; peers are installed once for each lock."""
    folder = build.CACHE / f"bench-{version}"
    _install_peers(interpreter, folder)
    ours = _fresh(folder / OURS.name)
    build.build(DOOR, ours)
    for cache in list(ours.rglob("__pycache__")):
        shutil.rmtree(cache)
    places = {variant.name: folder / (variant.folder or variant.name) for variant in VARIANTS}
    for variant in VARIANTS:
        for source in variant.sources:
            shutil.copyfile(HERE / "peers" / source, places[variant.name] / source)
    for place in set(places.values()):
        _run(interpreter, "-m", "compileall", "-q", "-j0", "--invalidation-mode", "unchecked-hash", str(place))
    return places


def mebibytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def _install_peers(interpreter: str, folder: Path) -> None:
    recipe = hashlib.sha256(LOCK.read_bytes() + repr(VARIANTS).encode()).hexdigest()
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == recipe:
        return
    print("Installing the peers, once …", flush=True)
    venv, wheels = _fresh(folder) / "venv", folder / "wheels"
    _run(interpreter, "-m", "venv", str(venv))
    pip = (str(venv / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check")
    _run(
        *pip,
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        f"--requirement={LOCK}",
        f"--dest={wheels}",
    )
    offline = ("install", "--no-index", f"--find-links={wheels}", "--no-compile")
    for variant in VARIANTS:
        if variant.roots:
            _run(*pip, *offline, f"--target={folder / variant.name}", *variant.roots)
    stamp.write_text(recipe)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
