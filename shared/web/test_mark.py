"""Who may say that a lead is a test: whoever shows the test secret of the stack in the header `X-Leadgate-Test`."""

from __future__ import annotations

import hmac

from shared.domain.errors import RejectedInput
from shared.web.gateway import Request

HEADER = "x-leadgate-test"


def of(request: Request, test_secret: str, is_proved: bool = False) -> bool:
    """Is it marked as a test? Raises RejectedInput for a mark that is not ours: it may neither hide a lead from sales
    nor, mistyped, offer them a test. A sender who showed another secret of ours (`is_proved`) is believed without it.
    """
    shown = request.headers.get(HEADER, ())
    if shown and not is_proved and not (test_secret and all(_is_same(one, test_secret) for one in shown)):
        raise RejectedInput("unproved_test")
    return bool(shown)


def _is_same(shown: str, secret: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "replace"), secret.encode("utf-8"))
