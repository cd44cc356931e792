from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.agreement_definition import BuyerStage
from shared.domain.lead import instant
from shared.domain.lifecycle import STAGES
from shared.domain.nurture import ON_A_TRACK, Path, enrolment, path, step, touch

BUYER_STAGES = get_args(BuyerStage)
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
NURTURE: dict[str, Any] = {
    "frequency": {"mkt_email": {"touches": 3, "within_days": 7}},
    "tracks": [
        {
            "id": "educational-beginner",
            "buyer_stage": ["not_ready"],
            "content": {"journey": "early"},
            "needs": "mkt_email",
        },
        {"id": "educational-monthly", "buyer_stage": ["not_ready"], "needs": "mkt_email"},
        {"id": "call-back", "buyer_stage": ["starting", "active"], "needs": "mkt_phone"},
        {"id": "buyers-guide", "buyer_stage": ["starting", "active"], "needs": "mkt_email"},
    ],
}
GUIDE = {"journey": "early", "type": "educational"}


def a_permission(**channels: str) -> dict[str, Any]:
    """A permission state that allows nothing but an answer, and what is said here."""
    marketing = {"email": "no", "sms": "no", "phone": "no", "autocall": "no", **channels}
    return {"reply": True, "marketing": marketing, "share": False, "channels": {}, "expires": {}, "as_of": ""}


def path_of(buyer_stage: str = "not_ready", **changes: Any) -> Path:
    asked = {
        "stage": "marketing_qualified",
        "content": {},
        "permission": a_permission(email="yes"),
        "now": NOW,
        **changes,
    }
    return path(NURTURE, buyer_stage=buyer_stage, **asked)


@pytest.mark.requirement("C64", "C29")
def test_who_took_a_beginners_guide_is_enrolled_in_the_track_for_beginners() -> None:
    assert path_of(content=GUIDE) == Path("educational-beginner", "mkt_email", "enrolled")
    assert path_of(content={"journey": "late"}).track == "educational-monthly"
    assert path_of(content={}).track == "educational-monthly"


@pytest.mark.requirement("C64", "B51")
def test_without_permission_nobody_is_enrolled_and_nobody_forgotten() -> None:
    for permission in (a_permission(), a_permission(email="after_doi"), {}):
        made = path_of(content=GUIDE, permission=permission)
        assert made == Path("educational-beginner", "mkt_email", "no_permission")
        assert not made.is_enrolled


def test_a_permission_that_is_over_enrols_nobody() -> None:
    over = {**a_permission(email="yes"), "expires": {"email": instant(NOW - timedelta(seconds=1))}}

    assert path_of(permission=over).reason == "no_permission"


@pytest.mark.requirement("B57b")
@pytest.mark.parametrize(
    ("buyer_stage", "channels", "track"),
    [
        ("not_ready", {"email": "yes"}, "educational-monthly"),
        ("starting", {"email": "yes"}, "buyers-guide"),
        ("starting", {"email": "yes", "phone": "yes"}, "call-back"),
        ("active", {"phone": "yes"}, "call-back"),
    ],
)
def test_the_track_follows_from_the_buyer_stage_and_from_what_is_allowed(
    buyer_stage: str, channels: dict[str, str], track: str
) -> None:
    assert path_of(buyer_stage, permission=a_permission(**channels)) == Path(
        track, "mkt_phone" if track == "call-back" else "mkt_email", "enrolled"
    )


@pytest.mark.requirement("B51")
@pytest.mark.parametrize("buyer_stage", BUYER_STAGES)
@pytest.mark.parametrize("stage", STAGES)
def test_every_lead_that_is_not_with_sales_is_on_a_track(stage: str, buyer_stage: str) -> None:
    made = path_of(buyer_stage, stage=stage)

    if stage in ON_A_TRACK:
        assert made.is_enrolled
    else:
        assert made.track is None
        assert made.reason == ("out" if stage in ("disqualified", "withdrawn", "erased") else "with_sales")


def test_whom_a_definition_forgets_is_on_no_track() -> None:
    partly = {"tracks": NURTURE["tracks"][:1]}

    assert path(partly, "lead", "active", {}, a_permission(email="yes"), NOW) == Path(None, None, "no_track")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, Path("a", "mkt_email", "enrolled"), "enrolled"),
        ("a", Path("a", "mkt_email", "enrolled"), None),
        ("a", Path("b", "mkt_email", "enrolled"), "enrolled"),
        ("a", Path("a", "mkt_email", "no_permission"), "left"),
        ("a", Path(None, None, "with_sales"), "left"),
        (None, Path(None, None, "with_sales"), None),
    ],
)
def test_only_a_change_is_told(before: str | None, after: Path, expected: str | None) -> None:
    assert step(before, after) == expected


def test_the_message_of_an_enrolment_names_track_purpose_and_frequency() -> None:
    assert enrolment(NURTURE, path_of(content=GUIDE), "a" * 32, 3, "not_ready") == {
        "lead_id": "a" * 32,
        "version": 3,
        "track": "educational-beginner",
        "buyer_stage": "not_ready",
        "purpose": "mkt_email",
        "frequency": {"touches": 3, "within_days": 7},
    }


@pytest.mark.requirement("B43b")
def test_the_fourth_touch_within_the_window_is_refused() -> None:
    touches: tuple[str, ...] = ()
    for day in (0, 1, 2):
        after = touch(NURTURE, "mkt_email", touches, NOW + timedelta(days=day))
        assert after is not None
        touches = after

    assert len(touches) == 3
    assert touch(NURTURE, "mkt_email", touches, NOW + timedelta(days=7, seconds=-1)) is None
    assert touch(NURTURE, "mkt_email", touches, NOW + timedelta(days=7)) == (
        *touches[1:],
        instant(NOW + timedelta(days=7)),
    )


@pytest.mark.requirement("B43b")
def test_a_purpose_without_an_agreed_frequency_may_not_be_used() -> None:
    assert touch(NURTURE, "mkt_sms", (), NOW) is None


@given(st.lists(st.integers(0, 30_000), max_size=30))
def test_no_window_ever_holds_more_touches_than_agreed(gaps: list[int]) -> None:
    now, kept = NOW, []
    touches: tuple[str, ...] = ()
    for gap in gaps:
        now += timedelta(minutes=gap)
        after = touch(NURTURE, "mkt_email", touches, now)
        if after is not None:
            touches, kept = after, [*kept, now]

    assert all(later - earlier >= timedelta(days=7) for earlier, later in zip(kept, kept[3:], strict=False))


ANSWERS = st.sampled_from(["yes", "no", "after_doi"])


@given(
    st.sampled_from(STAGES),
    st.sampled_from(BUYER_STAGES),
    st.sampled_from([{}, GUIDE]),
    st.fixed_dictionaries({"email": ANSWERS, "phone": ANSWERS}),
)
def test_nobody_is_enrolled_who_did_not_say_yes_to_that_very_channel(
    stage: str, buyer_stage: str, content: dict[str, str], channels: dict[str, str]
) -> None:
    made = path(NURTURE, stage, buyer_stage, content, a_permission(**channels), NOW)

    if made.is_enrolled:
        assert channels[str(made.purpose).removeprefix("mkt_")] == "yes"
        assert stage in ON_A_TRACK


@pytest.mark.requirement("B51")
def test_a_thousand_leads_leave_nobody_without_a_track() -> None:
    leads = list(product(ON_A_TRACK, BUYER_STAGES, [{}, GUIDE], [a_permission(), a_permission(email="yes")]))

    tracks = [path(NURTURE, s, b, c, p, NOW).track for s, b, c, p in (leads[n % len(leads)] for n in range(1000))]

    assert tracks.count(None) == 0
