"""A built function under Lambda's own Runtime Interface Emulator and runtime client, without a container.

The emulator is the program inside the SAM CLI's package. The function's process sees its artifact and the runtime
client and nothing else: no site-packages (`-S`), no repository.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from local import aws, template
from local import build as builder
from local.standin_image import runtime_client
from tests.support.children import end
from tests.system.world import FUNCTIONS, TEMPLATE, World

INVOCATIONS = "2015-03-31/functions/function/invocations"
START_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 20.0, 60.0, 5.0
MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Python:
    """The interpreter that runs functions."""

    file: str
    version: str

    @property
    def description(self) -> str:
        deployed = builder.runtime()
        note = "" if self.version == deployed else f", for there is no python{deployed} here, which is what is deployed"
        return f"python{self.version} ({self.file}){note}"


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running function; it takes one request at a time."""

    url: str
    log: Path

    def ask(self, event: Mapping[str, Any]) -> Any:
        """The function's answer; an exception in it comes as `errorType` and `errorMessage`."""
        return urllib3.request("POST", self.url, json=event, timeout=ANSWER_SECONDS, retries=False).json()


def python() -> Python:
    """An interpreter of the template's version, else the running one."""
    found = builder.find_interpreter(builder.runtime())
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Python(found, builder.runtime()) if found else Python(sys.executable, running)


def emulator_file() -> Path:
    """The Runtime Interface Emulator for this machine."""
    package = importlib.util.find_spec("samcli")
    if package is None or package.origin is None:
        raise RuntimeError("the SAM CLI is not installed beside this interpreter: `make setup` installs it")
    return Path(package.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{MACHINES[platform.machine()]}"


@contextmanager
def runtime(function: str, artifact: Path, there: World, folder: Path) -> Iterator[Runtime]:
    """The function, ready for its first request; its processes end with the block."""
    program = folder / "aws-lambda-rie"
    shutil.copyfile(emulator_file(), program)
    program.chmod(0o755)
    port, inner, log = aws.free_port(), aws.free_port(), folder / "log"
    interpreter = python()
    command = [
        str(program),
        "--log-level=error",
        f"--runtime-interface-emulator-address={aws.HOST}:{port}",
        f"--runtime-api-address={aws.HOST}:{inner}",
        *(interpreter.file, "-S", "-m", "awslambdaric", FUNCTIONS[function]),
    ]
    path = [str(artifact), str(runtime_client(interpreter.version))]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=artifact,
            env=_variables(function, there, path),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await(child, port, log)
        yield Runtime(f"http://{aws.HOST}:{port}/{INVOCATIONS}", log)
    finally:
        end(child, STOP_SECONDS)  # the emulator takes its function's process along


def _variables(function: str, there: World, path: list[str]) -> dict[str, str]:
    return {
        **template.environment(TEMPLATE, function, there.known),
        "AWS_ENDPOINT_URL": there.aws.endpoint_url,
        "AWS_REGION": aws.REGION,
        "AWS_ACCESS_KEY_ID": aws.KEY,
        "AWS_SECRET_ACCESS_KEY": aws.SECRET,
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(template.setting(TEMPLATE, function, "Timeout")),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(template.setting(TEMPLATE, function, "MemorySize")),
        "LAMBDA_TASK_ROOT": path[0],
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONDONTWRITEBYTECODE": "1",  # the file system of the real one is read-only
    }


def _await(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and child.poll() is None:
        with suppress(urllib3.exceptions.HTTPError):
            urllib3.request("GET", f"http://{aws.HOST}:{port}/", timeout=1, retries=False)
            return
        time.sleep(0.05)
    raise RuntimeError(f"the Runtime Interface Emulator did not start:\n{log.read_text()}")
