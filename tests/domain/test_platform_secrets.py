"""Which secrets are valid now; a file of another form is refused with its places and never with what stands there."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.errors import Fault, RejectedInput
from shared.domain.platform_secrets import read

SECRETS: dict[str, Any] = {
    "linkedin": {"acme": {"client_secret": ["now", "before"], "access_token": {"of": "others"}}},
    "meta": {"app_secret": "only", "verify_token": "token"},
    "google": {"acme": {"google_key": ["key"]}},
    "typeform": {"acme": {"secret": ["a", "b"]}},
}


@pytest.mark.parametrize(
    ("where", "texts"),
    [
        (("linkedin", "client_secret", "acme"), ("now", "before")),
        (("linkedin", "client_secret", "other"), ()),
        (("linkedin", "client_secret"), ()),
        (("meta", "app_secret"), ("only",)),
        (("meta", "verify_token", "whatever"), ("token",)),
        (("google", "google_key", "acme"), ("key",)),
        (("typeform", "secret", "acme"), ("a", "b")),
        (("tiktok", "secret", "acme"), ()),
        (("linkedin", "access_token", "acme"), ()),
    ],
)
def test_the_current_secret_comes_first_and_others_have_none(where: tuple[str, ...], texts: tuple[str, ...]) -> None:
    assert read(SECRETS).valid(*where) == texts


def test_the_secrets_are_never_printed() -> None:
    assert "before" not in repr(read(SECRETS))


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ({"meta": []}, "/meta", "not_an_object"),
        ({"linkedin": {"acme": "secret"}}, "/linkedin/acme", "not_an_object"),
        ({"linkedin": {"acme": {"client_secret": []}}}, "/linkedin/acme/client_secret", "not_a_secret"),
        ({"linkedin": {"acme": {"client_secret": ["a", " "]}}}, "/linkedin/acme/client_secret", "not_a_secret"),
        ({"google": {"acme": {"google_key": ""}}}, "/google/acme/google_key", "not_a_secret"),
        ({"google": {"acme": {"google_key": None}}}, "/google/acme/google_key", "not_a_secret"),
        ({"meta": {"app_secret": [1]}}, "/meta/app_secret", "not_a_secret"),
        ({"meta": {"verify_token": {}}}, "/meta/verify_token", "not_a_secret"),
        ({"typeform": {"acme": {"secret": ["a", 1]}}}, "/typeform/acme/secret", "not_a_secret"),
    ],
)
def test_another_form_is_refused_at_its_place(members: object, pointer: str, code: str) -> None:
    with pytest.raises(RejectedInput) as refused:
        read(members)

    assert refused.value.faults == (Fault(pointer, code),)
