"""Nobody makes a test of a lead without the test secret of the stack."""

from __future__ import annotations

import pytest

from shared.domain.errors import RejectedInput
from shared.web import test_mark as mark
from shared.web.gateway import Request, read
from tests.support.events import an_event

SECRET = "the-test-secret-of-a-stack"


def marked(*shown: str) -> Request:
    event = an_event("/v1/forms/demo-request/submissions", "/v1/forms/{form_id}/submissions", {}, "POST", b"", {})
    return read({**event, "headers": {}, "multiValueHeaders": {"X-Leadgate-Test": list(shown)} if shown else {}})


def test_without_the_header_it_is_no_test() -> None:
    assert mark.of(marked(), SECRET) is False
    assert mark.of(marked(), "") is False


def test_the_secret_makes_it_a_test() -> None:
    assert mark.of(marked(SECRET), SECRET) is True


def test_a_sender_who_is_proved_otherwise_is_believed() -> None:
    assert mark.of(marked("1"), SECRET, is_proved=True) is True


@pytest.mark.parametrize(
    ("shown", "secret"),
    [(("1",), SECRET), (("",), SECRET), (("",), ""), (("1",), ""), ((SECRET, "1"), SECRET), (("é",), SECRET)],
)
def test_a_mark_that_is_not_ours_is_refused(shown: tuple[str, ...], secret: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        mark.of(marked(*shown), secret)

    assert refused.value.code == "unproved_test"
