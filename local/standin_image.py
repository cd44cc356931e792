"""Makes a container image that stands in for the AWS Lambda base image: `python -m local.standin_image [NAME]`.

For machines that cannot fetch the real image and yet want `sam local invoke`. It holds what that command needs and
nothing else: this machine's own Python of the runtime's version in /var/lang, the runtime client from
`requirements/dev.lock` in /var/runtime, and busybox as the shell. It is not the operating system that Lambda runs.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local import build as builder

NAME = "leadgate-standin"
LOCK = builder.ROOT / "requirements" / "dev.lock"
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot-restore-py")
APPLETS = ("sh", "mv", "chmod", "cat", "env", "ls", "mkdir", "rm", "sleep")
FOLDERS = ("dev", "etc", "opt", "proc", "root", "sys", "tmp", "var/rapid", "var/task")
BULK = frozenset(
    ("test", "tests", "idlelib", "ensurepip", "lib2to3", "site-packages", "dist-packages", "tkinter", "turtledemo")
)
SYSTEM_LIBRARIES = ("/lib", "/usr/lib")
WHERE = """
import os, sys, sysconfig
print(os.path.realpath(sys.executable), sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED"), sep="\\n")
"""
BOOTSTRAP = """#!/bin/sh
export LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime AWS_EXECUTION_ENV=AWS_Lambda_python{version}
export LD_LIBRARY_PATH=/var/lang/lib PYTHONHOME=/var/lang PYTHONPATH=/var/task:/opt/python:/var/runtime
cd /var/task
exec /var/lang/bin/python{version} -m awslambdaric "$_HANDLER"
"""
SETTINGS = (
    "WORKDIR /var/task",
    "ENV PATH=/var/lang/bin:/bin LD_LIBRARY_PATH=/var/lang/lib",
    'ENTRYPOINT ["/var/runtime/bootstrap"]',
)


class CannotBeMade(Exception):
    """This machine lacks something that the image needs; the text says what."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of the runtime's version: its file, its standard library and its compiled modules."""

    version: str
    file: Path
    library: Path
    compiled: Path

    @staticmethod
    def of(version: str) -> Interpreter:
        """Raises CannotBeMade where this machine has none."""
        found = builder.find_interpreter(version)
        if found is None:
            raise CannotBeMade(f"There is no python{version} on this machine: the image is made from it")
        file, library, compiled = _output([found, "-c", WHERE]).splitlines()
        return Interpreter(version, Path(file), Path(library), Path(compiled))


def make(name: str) -> str:
    """Make the image in the engine that the docker command speaks to; gives its full name. Raises CannotBeMade."""
    docker = shutil.which("docker")
    if docker is None:
        raise CannotBeMade("There is no docker command on this machine")
    interpreter = Interpreter.of(builder.runtime())
    full = f"{name}:{interpreter.version}"
    changes = [part for setting in SETTINGS for part in ("--change", setting)]
    with tempfile.TemporaryFile() as archive:
        write(archive, contents(interpreter), interpreter.version)
        archive.seek(0)
        done = subprocess.run([docker, "import", *changes, "-", full], check=False, stdin=archive, capture_output=True)
    if done.returncode:
        raise CannotBeMade(f"docker import failed: {done.stderr.decode().strip()}")
    _forget_what_sam_made_of_it(docker, name)
    return full


def contents(interpreter: Interpreter) -> dict[str, Path]:
    """Every file of the image that is a copy of one here, by its place in the image."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise CannotBeMade("There is no busybox on this machine: the image has it as its shell")
    library = f"var/lang/lib/python{interpreter.version}"
    client = runtime_client(interpreter.version)
    native = [*interpreter.compiled.glob("*.so"), *client.rglob("*.so")]
    return {
        "bin/busybox": Path(busybox),
        f"var/lang/bin/python{interpreter.version}": interpreter.file,
        **_tree(interpreter.library, library),
        **_tree(interpreter.compiled, f"{library}/lib-dynload"),
        **_tree(client, "var/runtime"),
        **{_place(path): path for path in shared_libraries([Path(busybox), interpreter.file, *native])},
    }


def write(archive: IO[bytes], files: Mapping[str, Path], version: str) -> None:
    """Write the image's root folder as a tar file."""
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder in FOLDERS:
            tar.addfile(_entry(folder, tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755))
        for applet in APPLETS:
            link = _entry(f"bin/{applet}", tarfile.SYMTYPE, 0o777)
            link.linkname = "busybox"
            tar.addfile(link)
        for place, path in files.items():
            with path.open("rb") as source:
                entry = tar.gettarinfo(arcname=place, fileobj=source)
                entry.type, entry.uid, entry.gid = tarfile.REGTYPE, 0, 0  # two names of one file stay two files
                entry.size = path.stat().st_size
                tar.addfile(entry, source)
        for place, text in _texts(version):
            entry = _entry(place, tarfile.REGTYPE, 0o755)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))


def runtime_client(version: str) -> Path:
    """The folder with awslambdaric for this Python, installed once from the lock. Raises CannotBeMade."""
    lock = "".join(_locked(package) for package in RUNTIME_CLIENT)
    ready = builder.CACHE / f"awslambdaric-{version}-{hashlib.sha256(lock.encode()).hexdigest()[:16]}"
    if not ready.is_dir():
        builder.CACHE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=builder.CACHE) as folder:
            requirements, made = Path(folder) / "requirements.lock", Path(folder) / "made"
            requirements.write_text(lock, encoding="utf-8")
            _install(version, requirements, made)
            made.rename(ready)
    return ready


def shared_libraries(programs: Iterable[Path]) -> list[Path]:
    """The system's libraries that these files load, the loader itself among them, under the names they are asked by."""
    listed = [_output(["ldd", str(program)], may_fail=True) for program in programs]
    found = {name for text in listed for name in re.findall(r"(/\S+\.so\S*)", text)}
    return [Path(name) for name in sorted(found)]


def _locked(package: str) -> str:
    """The lines of the lock that pin one package."""
    found = re.search(rf"^{package}==(?:.*\\\n)*.*\n", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise CannotBeMade(f"{LOCK.name} does not pin {package}")
    return found[0]


def _forget_what_sam_made_of_it(docker: str, name: str) -> None:
    """SAM keeps `NAME:rapid-…` and would use it in place of the new image."""
    for tag in _output([docker, "images", "--format={{.Tag}}", name]).split():
        if tag.startswith("rapid-"):
            _output([docker, "rmi", "--force", f"{name}:{tag}"])


def _install(version: str, requirements: Path, folder: Path) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    tool = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--python-version={version}"]
    _output([*tool, *options, f"--target={folder}", f"--requirement={requirements}"])


def _tree(folder: Path, place: str) -> dict[str, Path]:
    return {
        f"{place}/{path.relative_to(folder).as_posix()}": path
        for path in folder.rglob("*")
        if path.is_file() and _is_wanted(path.relative_to(folder))
    }


def _is_wanted(path: Path) -> bool:
    """Neither bulk nor what a C compiler would want."""
    parts = path.parts
    return (
        BULK.isdisjoint(parts)
        and not parts[0].startswith("config-")
        and not path.name.endswith((".opt-1.pyc", ".opt-2.pyc", ".a"))
    )


def _place(library: Path) -> str:
    """Where the loader looks: the system's own folders, or the one that LD_LIBRARY_PATH names."""
    own = str(library).startswith(SYSTEM_LIBRARIES)
    return str(library)[1:] if own else f"var/lang/lib/{library.name}"


def _texts(version: str) -> Iterator[tuple[str, bytes]]:
    yield "var/runtime/bootstrap", BOOTSTRAP.format(version=version).encode()
    yield "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"
    yield "etc/nsswitch.conf", b"hosts: files dns\n"


def _entry(place: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(place)
    entry.type, entry.mode = kind, mode
    return entry


def _output(command: list[str], may_fail: bool = False) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode and not may_fail:
        raise CannotBeMade(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Make the image and say its name."""
    try:
        print(make(*(arguments or [NAME])))
    except (CannotBeMade, TypeError) as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
