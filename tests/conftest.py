"""What is dear is made once per run, and only when a test asks for it: emulators, the built artifact."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.clouds import Cloud, ministack

# A shared machine may pause any example, so none has a deadline. `fast` is for a look while you type, `long`
# for a night (make soak); a test that needs more examples than its neighbours says so itself.
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40)
settings.register_profile("fast", parent=settings.get_profile("usual"), max_examples=5)
settings.register_profile("long", parent=settings.get_profile("usual"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

OF_THE_ARTIFACT = ("tests/system/", "tests/template/test_build", "tests/bench")


class ByFile(LoadScopeScheduling):
    """A file's tests run on one worker, so that what they share is made once; so do all tests of the built artifact.

    A group of xdist's own would do for the artifact, but pytest 9.2 ignores it: pytest-xdist issue 1386.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "the built artifact" if nodeid.startswith(OF_THE_ARTIFACT) else nodeid.split("::")[0]


@pytest.hookimpl(optionalhook=True)  # there without xdist too, where one process runs all
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(autouse=True, scope="session")
def the_contract_is_kept() -> Iterator[None]:
    """Whatever a test hands over, consumers were promised."""
    from tests.support.contract import contract_kept  # not above: what is imported there runs before coverage counts

    with contract_kept():
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the repository's own after `sam build`: `.aws-sam/build` holds an artifact for each function."""
    from tests.system.emulator import ROOT, run_sam  # its AWS libraries take long to load

    folder = tmp_path_factory.mktemp("built")
    run_sam(["build", f"--build-dir={folder / '.aws-sam' / 'build'}"], {}, ROOT)
    return folder


@pytest.fixture(scope="session")
def moto_cloud() -> Iterator[Cloud]:
    """moto's server in this process; for one thread only."""
    os.environ["MOTO_ACCOUNT_ID"] = "000000000000"  # as in the template's own ARNs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield Cloud(f"http://{host}:{port}")
    server.stop()


@pytest.fixture(scope="session")
def ministack_cloud() -> Iterator[Cloud]:
    with ministack() as cloud:
        yield cloud
