"""One exchange over a real socket: bounded in time and size, never led elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from shared.adapters.https import Request, checked, exchange
from shared.domain.errors import CannotHappen, RejectedInput
from tests.support.platforms.linkedin import FakeLinkedIn, a_lead
from tests.support.platforms.server import serving

LEAD = "/rest/leadFormResponses/one"


@pytest.fixture
def linkedin() -> Iterator[FakeLinkedIn]:
    platform = FakeLinkedIn()
    platform.add(a_lead("one"))
    with serving(platform):
        yield platform


def ask(platform: FakeLinkedIn, seconds: float = 2.0, **changes: int) -> bytes:
    request = Request("GET", LEAD, {"Linkedin-Version": "202606"}, **changes)  # type: ignore[arg-type]  # only max_answer
    return exchange(platform.url, request, seconds).data


def test_an_answer_comes_whole(linkedin: FakeLinkedIn) -> None:
    assert b'"testLead": false' in ask(linkedin)


def test_a_path_of_the_configured_address_is_kept(linkedin: FakeLinkedIn) -> None:
    exchange(f"{linkedin.url}/prefix/", Request("GET", "/x?y=1"))

    assert linkedin.asked[0].target == "/prefix/x?y=1"


def test_a_body_is_sent_whole(linkedin: FakeLinkedIn) -> None:
    exchange(linkedin.url, Request("POST", "/oauth/v2/accessToken", {}, b"grant_type=refresh_token"))

    assert linkedin.asked[0].form == {"grant_type": "refresh_token"}


def test_a_server_that_drips_is_left_after_the_deadline(linkedin: FakeLinkedIn) -> None:
    linkedin.fail("leadFormResponses", "slow")
    begun = time.monotonic()

    with pytest.raises(OSError, match=r".*"):
        ask(linkedin, seconds=0.5)

    assert time.monotonic() - begun < 1.5


def test_a_server_that_is_silent_is_left_after_the_deadline(linkedin: FakeLinkedIn) -> None:
    linkedin.fail("leadFormResponses", "silent")
    begun = time.monotonic()

    with pytest.raises(OSError, match=r".*"):
        ask(linkedin, seconds=0.3)

    assert time.monotonic() - begun < 1.5


def test_no_time_left_means_no_request(linkedin: FakeLinkedIn) -> None:
    with pytest.raises(OSError, match=r".*"):
        ask(linkedin, seconds=0.000001)

    assert linkedin.asked == []


def test_half_an_answer_is_none(linkedin: FakeLinkedIn) -> None:
    linkedin.fail("leadFormResponses", "broken")

    with pytest.raises(OSError, match=r".*"):
        ask(linkedin)


def test_an_endless_answer_is_not_read_to_its_end(linkedin: FakeLinkedIn) -> None:
    linkedin.fail("leadFormResponses", "huge")

    with pytest.raises(RejectedInput, match="answer_too_large"):
        ask(linkedin)


@pytest.mark.parametrize(("room", "fits"), [(0, True), (-1, False), (1, True)])
def test_the_limit_counts_to_the_byte(linkedin: FakeLinkedIn, room: int, fits: bool) -> None:
    size = len(ask(linkedin))

    if fits:
        assert len(ask(linkedin, max_answer=size + room)) == size
    else:
        with pytest.raises(RejectedInput, match="answer_too_large"):
            ask(linkedin, max_answer=size + room)


def test_a_redirect_is_an_answer_and_is_not_followed(linkedin: FakeLinkedIn) -> None:
    linkedin.fail("leadFormResponses", "elsewhere")

    answer = exchange(linkedin.url, Request("GET", LEAD))

    assert (answer.status, len(linkedin.asked)) == (302, 1)


def test_what_is_no_http_is_an_error_of_the_network(linkedin: FakeLinkedIn) -> None:
    with pytest.raises(OSError, match=r".*"):
        exchange("http://127.0.0.1:9", Request("GET", "/"))


@pytest.mark.parametrize(
    "address",
    [
        "http://api.linkedin.com",
        "http://169.254.169.254",
        "https://user:secret@example.com",
        "https://example.com/?to=elsewhere",
        "https://example.com/#there",
        "file:///etc/passwd",
        "https://",
        "api.linkedin.com",
        "",
    ],
)
def test_only_a_plain_https_address_can_be_configured(address: str) -> None:
    with pytest.raises(CannotHappen):
        checked(address)


@pytest.mark.parametrize("address", ["https://api.linkedin.com", "https://graph.example.com/v1/", "http://127.0.0.1:1"])
def test_a_plain_address_is_kept(address: str) -> None:
    assert checked(address) == address.rstrip("/")


def test_a_request_does_not_show_its_token() -> None:
    assert "secret" not in repr(Request("GET", "/?token=secret", {"Authorization": "Bearer secret"}))
