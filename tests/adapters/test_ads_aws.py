"""What lets the worker in, from the platforms' secret, and how the time of a sweep is shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.ads_aws import Platforms, shares, time_left
from shared.adapters.linkedin_api import Grant
from shared.adapters.meta_api import PageToken
from shared.adapters.secrets import KeptSecrets
from shared.domain.agreement import Source
from shared.settings import from_environment
from tests.builders import AGREEMENT

LINKEDIN, META = AGREEMENT.sources["linkedin-demo"], AGREEMENT.sources["meta-demo"]
(PAGE,) = META.accounts


def platforms(secrets: dict[str, Any], **environment: str) -> Platforms:
    return Platforms(from_environment(environment), KeptSecrets(lambda: secrets, lambda: 0.0))


def linkedin(**given: Any) -> dict[str, Any]:
    return {"linkedin": {"linkedin-demo": {"client_secret": ["now", "before"], **given}}}


def test_linkedin_is_let_in_with_the_current_secret_and_the_tokens_of_its_source() -> None:
    secrets = linkedin(client_id="an id", refresh_token="refresh", access_token="access")

    client: Any = platforms(secrets)(LINKEDIN)

    assert client.token.grant() == Grant("access", "refresh", "an id", "now")


@pytest.mark.parametrize(
    ("given", "token"),
    [
        ({"page_tokens": {PAGE: "of the page"}, "access_token": "of all"}, "of the page"),
        ({"page_tokens": {"7": "of another"}, "access_token": "of all"}, "of all"),
        ({"page_tokens": "none"}, ""),
        ({}, ""),
    ],
)
def test_meta_is_let_in_with_the_token_of_the_page_or_of_all_pages(given: dict[str, Any], token: str) -> None:
    client: Any = platforms({"meta": {"app_secret": "a secret", **given}})(META)

    assert client.token() == PageToken(token, "a secret")


@pytest.mark.parametrize(
    ("source", "secrets", "environment", "connected"),
    [
        (LINKEDIN, {}, {}, False),
        (LINKEDIN, linkedin(), {}, False),
        (LINKEDIN, linkedin(refresh_token="refresh"), {}, False),
        (LINKEDIN, linkedin(refresh_token="refresh", client_id="an id"), {}, True),
        (LINKEDIN, linkedin(access_token="access"), {}, True),
        (LINKEDIN, {}, {"LINKEDIN_URL": "http://127.0.0.1:1"}, True),
        (META, {}, {"LINKEDIN_URL": "http://127.0.0.1:1"}, False),
        (META, {}, {"META_URL": "http://127.0.0.1:1"}, True),
        (META, {"meta": {"access_token": "of all"}}, {}, True),
        (AGREEMENT.sources["google-demo"], {}, {"META_URL": "http://127.0.0.1:1"}, False),
    ],
)
def test_a_source_is_pulled_when_something_lets_us_in(
    source: Source, secrets: dict[str, Any], environment: dict[str, str], connected: bool
) -> None:
    assert platforms(secrets, **environment).is_connected(source) is connected


def test_a_client_is_made_once_so_that_its_fresh_token_is_kept() -> None:
    made = platforms({})

    assert made(LINKEDIN) is made(LINKEDIN)


def test_versions_and_servers_come_from_the_settings() -> None:
    client: Any = platforms({}, LINKEDIN_VERSION="202701", LINKEDIN_URL="http://127.0.0.1:1/rest")(LINKEDIN)

    assert (client.version, client.calls.base_url) == ("202701", "http://127.0.0.1:1")


def test_every_source_gets_its_share_of_the_time_even_when_another_takes_all() -> None:
    sources = [replace(LINKEDIN, source_id=str(number)) for number in range(3)]
    turns = []

    for source, has_time in shares(sources, 0.3):
        turns.append(source.source_id)
        assert has_time()
        while has_time():
            pass

    assert turns == ["0", "1", "2"]


def test_no_time_is_no_time() -> None:
    assert not time_left(0)()
