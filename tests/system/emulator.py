"""The real `sam deploy` of the built template into ministack, with IAM enforced (`AUTH=true`).

The template is never weakened for the emulator. What the emulator cannot do is left out of a copy of the built
template (`emulated`), and every omission is printed, so a reader of the test's output sees what was not proved.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local import aws
from local import template as templates
from tests.support.children import end

ROOT = templates.TEMPLATE.parent
HOST, REGION, STACK = "127.0.0.1", "us-east-1", "leadgate-dev"
ROOT_CREDENTIALS = Credentials("test", "test")
START_SECONDS, DEPLOY_SECONDS, STOP_SECONDS = 40.0, 300.0, 15.0


class DidNotDeploy(Exception):
    """The build, the emulator or the deployment failed; the text holds what it said."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployed stack: its outputs and the address that stands for its API."""

    endpoint_url: str
    outputs: Mapping[str, str]

    def client(self, service: str, credentials: Credentials = ROOT_CREDENTIALS) -> Any:
        """A boto3 client of the emulated account, the root user's unless told otherwise."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # boto3's stubs know literal names only
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
        )

    def request(
        self, method: str, path: str, body: Any = None, *, signed_by: Credentials | None = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """Ask the deployed API; `body` is sent as JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("content-type", "application/json")
        url = self.api_url + path
        if signed_by is not None:
            sent.update(_signature(method, url, content, signed_by))
        return urllib3.request(method, url, body=content, headers=sent, timeout=60, retries=False, redirect=False)

    @property
    def api_url(self) -> str:
        """ministack serves each API below this path; the host name of the output would need a name server."""
        host, _, stage = self.outputs["ApiUrl"].removeprefix("https://").partition("/")
        return f"{self.endpoint_url}/_aws/execute-api/{host.split('.')[0]}/{stage}"


@contextmanager
def deployed(built: Path) -> Iterator[Deployed]:
    """The built stack, deployed into an emulator of its own, which ends with the block."""
    with running() as endpoint_url:
        yield deploy(endpoint_url, built)


@contextmanager
def running() -> Iterator[str]:
    """A ministack that enforces IAM, on a free port of the loopback; gives its address."""
    with tempfile.TemporaryDirectory(prefix="leadgate-", ignore_cleanup_errors=True) as folder:
        port, log = aws.free_port(), Path(folder) / "ministack.log"
        with log.open("w") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "ministack"], env=_settings(port, folder), stdout=output, stderr=output
            )
            try:
                _await(child, port, log)
                yield f"http://{HOST}:{port}"
            finally:
                end(child, STOP_SECONDS)


def deploy(endpoint_url: str, built: Path) -> Deployed:
    """Deploy the built template as `sam deploy` does it, except for what the emulator cannot do."""
    copy = emulated(built)
    arguments = [
        "deploy",
        f"--template-file={copy}",
        f"--stack-name={STACK}",
        "--resolve-s3",
        "--capabilities=CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-progressbar",
        "--parameter-overrides=Stage=dev",
    ]
    account = {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS.secret_key,
    }
    run_sam(arguments, account, built)
    stacks = Deployed(endpoint_url, {}).client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return Deployed(endpoint_url, {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]})


def emulated(built: Path) -> Path:
    """A copy of the built template without what ministack cannot do; prints each omission with its reason."""
    document = templates.parse(built / "template.yaml")
    for omission in omit(document):
        print(f"not emulated: {omission}")
    copy = built / "emulated.yaml"
    copy.write_text(yaml.safe_dump(document), encoding="utf-8")
    return copy


def omit(document: dict[str, Any]) -> Iterator[str]:
    """Take out of a parsed template what ministack refuses, naming each thing taken."""
    del document["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"]
    yield "AWS_ENDPOINT_URL='' (ministack gives functions its own address only where none is declared)"
    for name, resource in list(document["Resources"].items()):
        if resource["Properties"].pop("DeploymentPreference", None):
            yield f"{name}.DeploymentPreference (ministack has no CodeDeploy)"
        if resource["Type"] == "AWS::SQS::QueuePolicy" and _drop_tls_rule(resource["Properties"]["PolicyDocument"]):
            yield f"{name}.OnlyOverTls (ministack enforces it, and speaks plain HTTP here)"
            if not resource["Properties"]["PolicyDocument"]["Statement"]:
                del document["Resources"][name]
        if "Metrics" in resource["Properties"]:
            del document["Resources"][name]
            yield f"{name} (ministack has no metric maths)"


def _drop_tls_rule(policy: dict[str, Any]) -> bool:
    kept = [statement for statement in policy["Statement"] if statement["Sid"] != "OnlyOverTls"]
    dropped = len(kept) < len(policy["Statement"])
    policy["Statement"] = kept
    return dropped


def _settings(port: int, folder: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "TMPDIR": folder,
    }


def _await(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and child.poll() is None:
        try:
            urllib3.request("GET", f"http://{HOST}:{port}/_ministack/health", timeout=1, retries=False)
            return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise DidNotDeploy(f"ministack did not start:\n{log.read_text()}")


def run_sam(arguments: list[str], account: Mapping[str, str], folder: Path) -> None:
    """Run the SAM CLI in a folder as one without any AWS account but this one. Raises DidNotDeploy."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **account,
    }
    done = subprocess.run(
        [sam_file(), *arguments],
        check=False,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEPLOY_SECONDS,
    )
    if done.returncode:
        raise DidNotDeploy(f"sam {arguments[0]} failed:\n{done.stdout[-8000:]}")


def sam_file() -> str:
    """The SAM CLI beside this interpreter, or the one on the PATH. Raises DidNotDeploy."""
    found = shutil.which("sam", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise DidNotDeploy("The SAM CLI is not installed: `make setup` installs it")
    return found


def _signature(method: str, url: str, content: bytes | None, credentials: Credentials) -> dict[str, str]:
    request = AWSRequest(method=method, url=url, data=content)
    SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
    return dict(request.headers.items())
