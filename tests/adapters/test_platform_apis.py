"""The clients of LinkedIn and Meta against servers that go wrong in every documented way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from shared.adapters import linkedin_api, meta_api
from shared.adapters.https import Answer, Request
from shared.adapters.linkedin_api import AccessToken, Grant, LinkedInApi
from shared.adapters.meta_api import MetaApi, PageToken
from shared.adapters.platform_calls import ATTEMPTS, PlatformCalls
from shared.domain.errors import CannotHappen, RejectedInput, TryAgain
from shared.journeys.ad_ports import NotConnected, Page, Window
from tests.builders import AGREEMENT
from tests.support.platforms import linkedin as li
from tests.support.platforms import meta as fb
from tests.support.platforms.server import FakePlatform, serving

LINKEDIN, META = AGREEMENT.sources["linkedin-demo"], AGREEMENT.sources["meta-demo"]
YEAR = Window(1_769_904_000_000, 1_801_440_000_000)
PLACE = f"{li.OWNER}/SPONSORED"
GRANT = Grant(refresh_token="refresh-token-0001", client_id="an id", client_secret="a secret")


class Time:
    """A clock that only pauses move; `pauses` tells how long they were."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def linkedin() -> Iterator[li.FakeLinkedIn]:
    platform = li.FakeLinkedIn()
    platform.add(li.a_lead("one"))
    with serving(platform):
        yield platform


@pytest.fixture
def meta() -> Iterator[fb.FakeMeta]:
    platform = fb.FakeMeta()
    platform.add(fb.a_lead())
    with serving(platform):
        yield platform


def linkedin_client(platform: li.FakeLinkedIn, time: Time, grant: Grant = GRANT) -> LinkedInApi:
    calls = PlatformCalls("linkedin", platform.url, linkedin_api.read_error, clock=time, pause=time.pause)
    return LinkedInApi(calls, AccessToken(lambda: grant, calls, time))


def meta_client(platform: fb.FakeMeta, time: Time, token: PageToken | None = None) -> MetaApi:
    calls = PlatformCalls("meta", platform.url, meta_api.read_error, clock=time, pause=time.pause)
    return MetaApi(calls, lambda: token or PageToken())


Fetch = Callable[[], bytes]


@pytest.fixture(params=["linkedin", "meta"])
def either(
    request: pytest.FixtureRequest, linkedin: li.FakeLinkedIn, meta: fb.FakeMeta, time: Time
) -> tuple[FakePlatform, Fetch]:
    """One platform with a way to fetch its one lead."""
    if request.param == "linkedin":
        return linkedin, lambda: linkedin_client(linkedin, time, Grant("a token")).lead("one")
    return meta, lambda: meta_client(meta, time).lead(fb.LEAD_ID)


# ------------------------------------------------------------------ both


def test_a_lead_comes_as_it_is(either: tuple[FakePlatform, Fetch]) -> None:
    _, fetch = either

    assert json.loads(fetch())["id"] in ("one", fb.LEAD_ID)


@pytest.mark.parametrize("kind", [429, 500, 502, 503, "broken", "malformed"])
def test_what_passes_is_tried_again(either: tuple[FakePlatform, Fetch], kind: str | int) -> None:
    platform, fetch = either
    platform.fail("", kind, times=ATTEMPTS - 1)

    assert json.loads(fetch())["id"]


@pytest.mark.parametrize("kind", [429, 500, 503, "broken"])
def test_what_does_not_pass_is_given_back_to_the_queue(either: tuple[FakePlatform, Fetch], kind: str | int) -> None:
    platform, fetch = either
    platform.fail("", kind, times=99)

    with pytest.raises(TryAgain) as raised:
        fetch()

    assert len(platform.asked) == ATTEMPTS
    assert not isinstance(raised.value, NotConnected)


def test_the_platforms_own_pause_is_kept(either: tuple[FakePlatform, Fetch], time: Time) -> None:
    platform, fetch = either
    platform.fail("", 429, retry_after="7")

    fetch()

    assert time.pauses == [7.0]


def test_a_pause_beyond_the_budget_is_not_waited_for(either: tuple[FakePlatform, Fetch], time: Time) -> None:
    platform, fetch = either
    platform.fail("", 429, retry_after="3600")

    with pytest.raises(TryAgain):
        fetch()

    assert (time.pauses, len(platform.asked)) == ([], 1)


@pytest.mark.parametrize("nonsense", ["soon", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "1.5"])
def test_a_pause_that_is_no_number_counts_as_our_own(
    either: tuple[FakePlatform, Fetch], time: Time, nonsense: str
) -> None:
    platform, fetch = either
    platform.fail("", 503, retry_after=nonsense)

    fetch()

    assert len(time.pauses) == 1
    assert time.pauses[0] < 4


def test_json_that_stays_broken_is_parked(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    platform.fail("", "malformed", times=99)

    with pytest.raises(RejectedInput, match="malformed_answer"):
        fetch()


def test_an_answer_without_end_is_parked_at_once(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    platform.fail("", "huge")

    with pytest.raises(RejectedInput, match="answer_too_large"):
        fetch()

    assert len(platform.asked) == 1


def test_a_redirect_is_refused_and_not_followed(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    platform.fail("", "elsewhere")

    with pytest.raises(RejectedInput, match="refused_by_platform"):
        fetch()

    assert len(platform.asked) == 1


def test_who_is_not_let_in_waits_for_an_operator(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    platform.fail("", 403)

    with pytest.raises(NotConnected):
        fetch()

    assert len(platform.asked) == 1


def test_a_deleted_lead_is_gone(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    platform.leads.clear()  # type: ignore[attr-defined]  # both fakes have it

    with pytest.raises(RejectedInput, match="lead_gone"):
        fetch()


def test_no_message_of_a_failure_names_an_address_or_a_lead(either: tuple[FakePlatform, Fetch]) -> None:
    platform, fetch = either
    for kind in (400, 403, 404, 429, 500):
        platform.fail("", kind, times=ATTEMPTS if kind in (429, 500) else 1, said={"message": "ada@example.com"})
        with pytest.raises((TryAgain, RejectedInput)) as raised:
            fetch()
        assert not any(word in str(raised.value) for word in ("ada", "127", "http", fb.LEAD_ID))


# ------------------------------------------------------------------ LinkedIn


def test_linkedin_is_asked_as_its_conventions_want_it(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.add(li.a_lead("a/b one"))

    linkedin_client(linkedin, time, Grant("a token")).lead("a/b one")

    (asked,) = linkedin.asked
    assert asked.target == "/rest/leadFormResponses/a%2Fb%20one"
    assert asked.headers["authorization"] == "Bearer a token"
    assert (asked.headers["linkedin-version"], asked.headers["x-restli-protocol-version"]) == ("202606", "2.0.0")


def test_without_a_token_linkedin_is_asked_without_one(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin_client(linkedin, time, Grant()).lead("one")

    assert "authorization" not in linkedin.asked[0].headers


@pytest.mark.parametrize("address", ["", "/rest", "/rest/", "/"])
def test_the_address_of_linkedin_may_end_in_rest(linkedin: li.FakeLinkedIn, address: str) -> None:
    client = linkedin_api.linkedin_api(LINKEDIN, Grant, f"{linkedin.url}{address}", f"{linkedin.url}{address}")

    assert client.lead("one")
    assert client.version == "202606"


def test_an_expired_token_is_refreshed_once_and_kept(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.tokens.access = "another one"
    client = linkedin_client(linkedin, time, replace(GRANT, access_token="an old one"))

    client.lead("one")
    client.form(str(li.FORM_ID))

    assert [asked.path for asked in linkedin.asked] == [
        "/rest/leadFormResponses/one",
        "/oauth/v2/accessToken",
        "/rest/leadFormResponses/one",
        f"/rest/leadForms/{li.FORM_ID}",
    ]
    assert linkedin.asked[1].form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-token-0001",
        "client_id": "an id",
        "client_secret": "a secret",
    }


def test_a_token_that_was_revoked_early_is_refreshed_again(linkedin: li.FakeLinkedIn, time: Time) -> None:
    client = linkedin_client(linkedin, time)
    client.lead("one")
    linkedin.tokens.access = "another one"
    time.now += 61

    assert client.lead("one")
    assert linkedin.tokens.issued == 2


def test_a_token_is_refreshed_before_it_ends(linkedin: li.FakeLinkedIn, time: Time) -> None:
    client = linkedin_client(linkedin, time)
    client.lead("one")
    time.now += 5_183_999

    client.lead("one")

    assert linkedin.tokens.issued == 2


def test_a_platform_that_refuses_every_token_is_not_asked_for_ever_more(linkedin: li.FakeLinkedIn, time: Time) -> None:
    client = linkedin_client(linkedin, time)
    linkedin.fail("leadFormResponses", 401, times=99)

    for _ in range(3):
        with pytest.raises(NotConnected):
            client.lead("one")

    assert linkedin.tokens.issued == 1


def test_another_thread_s_fresh_token_is_taken(linkedin: li.FakeLinkedIn, time: Time) -> None:
    client = linkedin_client(linkedin, time)
    client.lead("one")

    assert client.token.after("an old one") == linkedin.tokens.access
    assert linkedin.tokens.issued == 1


@pytest.mark.parametrize("said", [{}, {"access_token": 1, "expires_in": 5}, {"access_token": "x", "expires_in": "5"}])
def test_a_refresh_without_a_token_waits_for_an_operator(
    linkedin: li.FakeLinkedIn, time: Time, said: dict[str, object]
) -> None:
    linkedin.tokens.access = "another one"
    linkedin.fail("accessToken", 200, said=said)

    with pytest.raises(NotConnected):
        linkedin_client(linkedin, time).lead("one")


def test_a_refresh_token_that_is_over_waits_for_an_operator(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.tokens.refresh = "another one"

    with pytest.raises(NotConnected, match="refresh token"):
        linkedin_client(linkedin, time).lead("one")


def test_a_refresh_that_finds_nobody_in_is_tried_later(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.fail("accessToken", 503, times=99)

    with pytest.raises(TryAgain) as raised:
        linkedin_client(linkedin, time).lead("one")

    assert not isinstance(raised.value, NotConnected)


def test_an_api_version_that_is_over_waits_for_an_operator(linkedin: li.FakeLinkedIn, time: Time) -> None:
    client = replace(linkedin_client(linkedin, time), version="long ago")

    with pytest.raises(NotConnected):
        client.lead("one")


def test_a_form_that_is_gone_is_none(linkedin: li.FakeLinkedIn, time: Time) -> None:
    assert linkedin_client(linkedin, time).form("1") is None


def test_a_form_that_we_may_not_read_now_is_no_missing_form(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.fail("leadForms", 400)

    with pytest.raises(RejectedInput, match="refused_by_platform"):
        linkedin_client(linkedin, time).form(str(li.FORM_ID))


def test_every_page_of_an_owner_comes_and_the_range_is_kept(linkedin: li.FakeLinkedIn, time: Time) -> None:
    for number in range(120):
        linkedin.add(li.a_lead(f"more-{number}", submittedAt=YEAR.since + number))
    linkedin.add(li.a_lead("too-late", submittedAt=YEAR.until))
    linkedin.add(li.a_lead("another-owner", owner={"organization": "urn:li:organization:7"}))

    found = list(all_of(linkedin_client(linkedin, time), PLACE))

    assert sorted(found) == sorted(["one", *(f"more-{number}" for number in range(120))])
    assert linkedin.asked[-1].target == (
        "/rest/leadFormResponses?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A1234567)"
        "&leadType=(leadType:SPONSORED)&limitedToTestLeads=false"
        "&submittedAtTimeRange=(start:1769904000000,end:1801440000000)&count=50&start=100"
    )


@pytest.mark.parametrize("paging", [None, {}, {"total": "9"}])
def test_without_a_total_linkedin_is_asked_until_nothing_comes(
    linkedin: li.FakeLinkedIn, time: Time, paging: object
) -> None:
    linkedin.fail("leadFormResponses", 200, said={"elements": [li.a_lead("one")], "paging": paging})
    linkedin.fail("leadFormResponses", 200, said={"elements": [], "paging": paging})

    assert list(all_of(linkedin_client(linkedin, time), PLACE)) == ["one"]


def test_a_page_without_elements_is_the_last_one(linkedin: li.FakeLinkedIn, time: Time) -> None:
    linkedin.fail("leadFormResponses", 200, said={"elements": "none"})

    assert linkedin_client(linkedin, time).leads(PLACE, YEAR) == Page(())


@pytest.mark.parametrize("place", ["", "urn:li:person:1/SPONSORED", f"{li.OWNER}/x", f"{li.OWNER})&owner=(x/SPONSORED"])
def test_a_place_that_is_none_never_reaches_linkedin(linkedin: li.FakeLinkedIn, time: Time, place: str) -> None:
    with pytest.raises(RejectedInput, match="unknown_place"):
        linkedin_client(linkedin, time).leads(place, YEAR)

    assert linkedin.asked == []


# ------------------------------------------------------------------ Meta


def test_meta_gets_token_and_proof_and_the_token_is_in_no_address(meta: fb.FakeMeta, time: Time) -> None:
    meta.access_token, meta.app_secret = "a page token", "fb-test-app-secret-0001"

    meta_client(meta, time, PageToken("a page token", "fb-test-app-secret-0001")).lead(fb.LEAD_ID)

    assert "page" not in meta.asked[0].target
    assert meta.asked[0].path == f"/v25.0/{fb.LEAD_ID}"


def test_without_a_token_there_is_no_proof(meta: fb.FakeMeta, time: Time) -> None:
    meta_client(meta, time, PageToken(app_secret="a secret")).lead(fb.LEAD_ID)

    assert "appsecret_proof" not in meta.asked[0].query
    assert "authorization" not in meta.asked[0].headers


def test_consents_are_asked_for_by_name(meta: fb.FakeMeta, time: Time) -> None:
    assert b"custom_disclaimer_responses" in meta_client(meta, time).lead(fb.LEAD_ID)


@pytest.mark.parametrize("code", [1, 2, 4, 17, 613, 80005])
def test_a_busy_meta_is_asked_again(meta: fb.FakeMeta, time: Time, code: int) -> None:
    meta.fail("", 400, said=fb.error(code))

    assert meta_client(meta, time).lead(fb.LEAD_ID)


@pytest.mark.parametrize("code", [10, 190, 200, 299])
def test_a_meta_that_lets_us_in_no_more_waits_for_an_operator(meta: fb.FakeMeta, time: Time, code: int) -> None:
    meta.fail("", 400, said=fb.error(code))

    with pytest.raises(NotConnected):
        meta_client(meta, time).lead(fb.LEAD_ID)


@pytest.mark.parametrize("said", [fb.error(100), fb.error(9999), {"error": "odd"}, {"error": {"code": [1]}}, []])
def test_any_other_error_of_meta_is_final(meta: fb.FakeMeta, time: Time, said: object) -> None:
    meta.fail("", 400, said=said)

    with pytest.raises(RejectedInput, match="refused_by_platform"):
        meta_client(meta, time).lead(fb.LEAD_ID)


@pytest.mark.parametrize("lead_id", ["", "me", "1/leads", "1?fields=id", "१"])
def test_an_id_that_is_none_never_reaches_meta(meta: fb.FakeMeta, time: Time, lead_id: str) -> None:
    with pytest.raises(RejectedInput):
        meta_client(meta, time).lead(lead_id)

    assert meta.asked == []


def test_a_form_of_meta_that_is_gone_is_none(meta: fb.FakeMeta, time: Time) -> None:
    assert meta_client(meta, time).form("1") is None
    assert meta_client(meta, time).form(fb.FORM_ID)


def test_a_form_that_meta_refuses_is_no_missing_form(meta: fb.FakeMeta, time: Time) -> None:
    meta.fail("", 400, said=fb.error(9999))

    with pytest.raises(RejectedInput, match="refused_by_platform"):
        meta_client(meta, time).form(fb.FORM_ID)


def test_every_page_of_a_form_comes_by_its_cursor_and_no_address_is_followed(meta: fb.FakeMeta, time: Time) -> None:
    for number in range(60):
        meta.add(fb.a_lead(str(1000 + number)))

    found = list(all_of(meta_client(meta, time), fb.FORM_ID))

    assert len(set(found)) == 61
    assert [asked.query.get("after") for asked in meta.asked] == [None, "c25", "c50"]


@pytest.mark.parametrize(
    "paging", [None, {}, {"next": "x"}, {"next": "x", "cursors": {}}, {"next": "x", "cursors": {"after": 1}}]
)
def test_a_page_without_a_cursor_is_the_last_one(meta: fb.FakeMeta, time: Time, paging: object) -> None:
    meta.fail("leads", 200, said={"data": [fb.a_lead()], "paging": paging})

    assert len(meta_client(meta, time).leads(fb.FORM_ID, YEAR).leads) == 1


def test_a_page_of_meta_without_leads_is_the_last_one(meta: fb.FakeMeta, time: Time) -> None:
    meta.fail("leads", 200, said={"data": "none", "paging": {"next": "x", "cursors": {"after": "c1"}}})

    assert meta_client(meta, time).leads(fb.FORM_ID, YEAR) == Page(())


def test_the_client_of_meta_has_a_version_of_its_own(meta: fb.FakeMeta) -> None:
    assert meta_api.meta_api(META, PageToken, f"{meta.url}/").lead(fb.LEAD_ID)


# ------------------------------------------------------------------ places


def test_linkedin_is_asked_for_every_owner_and_the_types_of_the_agreement() -> None:
    client = linkedin_api.linkedin_api(LINKEDIN, Grant)

    assert client.places() == (PLACE,)


def test_without_types_an_owner_is_asked_for_those_that_it_can_have() -> None:
    source = replace(LINKEDIN, accounts=(li.OWNER, "urn:li:organization:7"), lead_types=())

    assert linkedin_api.linkedin_api(source, Grant).places() == (
        PLACE,
        "urn:li:organization:7/EVENT",
        "urn:li:organization:7/COMPANY",
        "urn:li:organization:7/ORGANIZATION_PRODUCT",
    )


def test_meta_is_asked_for_the_forms_of_the_agreement() -> None:
    assert meta_api.meta_api(replace(META, forms=("1", "2")), PageToken).places() == ("1", "2")


def test_without_forms_every_form_of_every_page_is_asked_for(meta: fb.FakeMeta) -> None:
    meta.forms |= {str(number): fb.a_form(id=str(number)) for number in range(150)}

    assert set(meta_api.meta_api(META, PageToken, meta.url).places()) == set(meta.forms)


def test_a_meta_that_repeats_its_cursor_ends(meta: fb.FakeMeta) -> None:
    same = {"data": [{"id": "1"}], "paging": {"next": "x", "cursors": {"after": "c1"}}}
    meta.fail("leadgen_forms", 200, times=9, said=same)

    assert meta_api.meta_api(META, PageToken, meta.url).places() == ("1", fb.FORM_ID)


@pytest.mark.parametrize("said", [fb.error(200), fb.error(100)])
def test_who_may_not_list_forms_asks_for_those_that_the_agreement_names(meta: fb.FakeMeta, said: object) -> None:
    meta.fail("leadgen_forms", 400, said=said)

    assert meta_api.meta_api(META, PageToken, meta.url).places() == (fb.FORM_ID,)


def test_without_a_named_form_somebody_must_mend_the_listing(meta: fb.FakeMeta) -> None:
    meta.fail("leadgen_forms", 403)

    with pytest.raises(NotConnected):
        meta_api.meta_api(replace(META, boxes=()), PageToken, meta.url).places()


# ------------------------------------------------------------------ what never shows


def test_grants_and_tokens_are_never_printed() -> None:
    assert "secret" not in f"{Grant('secret', 'secret', 'secret', 'secret')!r} {PageToken('secret', 'secret')!r}"


def test_an_address_that_is_no_platform_s_cannot_be_configured() -> None:
    with pytest.raises(CannotHappen):
        linkedin_api.linkedin_api(LINKEDIN, Grant, "http://169.254.169.254")


def test_what_only_the_network_says_is_tried_again_too(time: Time) -> None:
    asked: list[Request] = []

    def nobody(_url: str, request: Request) -> Answer:
        asked.append(request)
        raise OSError

    calls = PlatformCalls("meta", "https://x.example.com", meta_api.read_error, nobody, time, time.pause, lambda: 1.0)

    with pytest.raises(TryAgain, match="out of reach"):
        calls(Request("GET", "/"))

    assert len(asked) == ATTEMPTS
    assert time.pauses == [0.5, 1.0, 2.0]


def all_of(client: LinkedInApi | MetaApi, place: str) -> Iterator[str]:
    page = client.leads(place, YEAR)
    for _ in range(20):
        yield from (json.loads(lead)["id"] for lead in page.leads)
        if not page.rest:
            return
        page = client.leads(place, YEAR, page.rest)
    raise AssertionError("the pages do not end")
