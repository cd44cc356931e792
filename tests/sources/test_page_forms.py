from __future__ import annotations

import pytest

from shared.domain.errors import RejectedInput
from shared.sources import page_forms

PART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PART, "multipart/form-data; boundary=b"),
        (PART, 'Multipart/Form-Data; boundary="b"'),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-8"),
    ],
)
def test_both_kinds_of_flat_bodies_say_the_same(body: bytes, content_type: str) -> None:
    assert page_forms.pairs(body, content_type) == {"List-Unsubscribe": "One-Click"}


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json", "multipart/form-data"])
def test_any_other_kind_is_refused(content_type: str | None) -> None:
    with pytest.raises(RejectedInput):
        page_forms.pairs(b"List-Unsubscribe=One-Click", content_type)
