"""A Docker engine of our own for one test run: its own socket, data and bridge, so that no other engine is touched.

It changes no firewall rule, and what it makes goes with it. Containers reach this machine at `Engine.gateway`.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import build as builder
from tests.support.children import end

PROGRAMS = {"dockerd": "docker.io", "docker": "docker.io", "busybox": "busybox-static", "ip": "iproute2"}
START_SECONDS, STOP_SECONDS = 30.0, 20.0


class NoEngine(Exception):
    """No engine can be started here; the text says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine."""

    socket: str
    gateway: str


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine that ends with the block. Raises NoEngine."""
    reason = what_is_missing()
    if reason:
        raise NoEngine(reason)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="leadgate-", ignore_cleanup_errors=True)))
        bridge, gateway = ends.enter_context(_bridge())
        ends.enter_context(_daemon(folder, bridge, gateway))
        yield Engine(_socket(folder), gateway)


def what_is_missing() -> str:
    """Why no engine and no stand-in image can be had here; nothing where they can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"the stand-in image is made on Linux on x86_64 only, this is {sys.platform} on {platform.machine()}"
    if os.geteuid():
        return "a container engine is started by root only"
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: {package})"
    if builder.find_interpreter(builder.runtime()) is None:
        return f"there is no python{builder.runtime()} to make the stand-in image from"
    return ""


@contextmanager
def _bridge() -> Iterator[tuple[str, str]]:
    """A bridge with an address out of 198.18.0.0/15, which no real network uses; several runs get several."""
    name, address = f"leadgate{os.getpid()}", f"198.18.{os.getpid() % 256}.1"
    _ip("link", "add", name, "type", "bridge")
    try:
        _ip("address", "add", f"{address}/24", "dev", name)
        _ip("link", "set", name, "up")
        yield name, address
    finally:
        subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise NoEngine(f"ip {' '.join(arguments)} failed: {done.stderr.strip()}")


@contextmanager
def _daemon(folder: Path, bridge: str, gateway: str) -> Iterator[None]:
    command = [
        *_ended_with_us(),
        "dockerd",
        "--iptables=false",
        "--ip6tables=false",
        f"--bridge={bridge}",
        f"--host-gateway-ip={gateway}",
        f"--data-root={folder / 'data'}",
        f"--exec-root={folder / 'exec'}",
        f"--pidfile={folder / 'pid'}",
        f"--host={_socket(folder)}",
    ]
    log = folder / "log"
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        _await(child, folder, log)
        yield
    finally:
        end(child, STOP_SECONDS)


def _ended_with_us() -> list[str]:
    """Where the system can: the engine is asked to end when this process ends, however that happens."""
    return ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []


def _socket(folder: Path) -> str:
    return f"unix://{folder / 'socket'}"


def _await(child: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    ask = ["docker", f"--host={_socket(folder)}", "version"]
    while time.monotonic() < limit and child.poll() is None:
        if subprocess.run(ask, check=False, capture_output=True, timeout=START_SECONDS).returncode == 0:
            return
        time.sleep(0.1)
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise NoEngine(f"dockerd did not start: {' '.join(last) or 'it said nothing'}")
