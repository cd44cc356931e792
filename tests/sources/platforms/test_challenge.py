"""LinkedIn's challenge: nothing but a canonical UUIDv4 is ever signed."""

from __future__ import annotations

import json
import random
import re
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sources import linkedin
from shared.sources.signatures import Refused, linkedin_challenge
from tests.sources.platforms import vectors as v

KEYS = [v.LINKEDIN_SECRET]
CANONICAL = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_the_known_challenge_is_answered() -> None:
    body = linkedin.challenge_answer((v.LINKEDIN_CHALLENGE,), KEYS)

    assert isinstance(body, bytes)
    assert json.loads(body) == {"challengeCode": v.LINKEDIN_CHALLENGE, "challengeResponse": v.LINKEDIN_RESPONSE}


def test_the_current_secret_answers() -> None:
    assert linkedin_challenge((v.LINKEDIN_CHALLENGE,), ["", v.LINKEDIN_SECRET, "old"]) == v.LINKEDIN_RESPONSE


@pytest.mark.parametrize("keys", [[], [""], v.LINKEDIN_SECRET])
def test_without_a_secret_no_challenge_is_answered(keys: list[str]) -> None:
    assert linkedin.challenge_answer((v.LINKEDIN_CHALLENGE,), keys) == Refused("no_secret")


@pytest.mark.parametrize("codes", [(), ("",), (v.LINKEDIN_CHALLENGE,) * 2, (None,), (b"x",)])
def test_a_challenge_comes_exactly_once(codes: tuple[str, ...]) -> None:
    assert linkedin_challenge(codes, KEYS) == Refused("bad_challenge")


def near_misses(draw: random.Random) -> str:
    """Something that looks like a UUID, but is no canonical UUIDv4."""
    good = str(uuid.UUID(int=draw.getrandbits(128), version=4))
    place = draw.randrange(len(good))
    return draw.choice(
        [
            str(uuid.UUID(int=draw.getrandbits(128), version=draw.choice([1, 2, 3, 5]))),
            good.upper(),
            good.replace("-", ""),
            f"{{{good}}}",
            f"urn:uuid:{good}",
            good[:place],
            good[:place] + draw.choice("gGzZ _\n\x00é０") + good[place + 1 :],
            good + draw.choice(["\n", " ", "\x00", "0", good]),
            draw.choice(["\n", " ", "\ufeff", "hmacsha256="]) + good,
            good.replace(good[19], draw.choice("01234567cdef"), 1)[:36],
            f'hmacsha256={{"type":"LEAD_ACTION","occurredAt":{draw.getrandbits(40)}}}',
            good.translate({48 + n: 0xFF10 + n for n in range(10)}),
        ]
    )


def test_ten_thousand_other_challenges_are_never_signed() -> None:
    draw = random.Random(5)
    codes: set[str] = set()
    while len(codes) < 10_000:
        codes |= {code for code in (near_misses(draw),) if not CANONICAL.fullmatch(code)}

    signed = [code for code in codes if linkedin_challenge((code,), KEYS) != Refused("bad_challenge")]

    assert signed == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60).filter(lambda text: not CANONICAL.fullmatch(text)))
def test_no_other_text_is_signed(code: str) -> None:
    assert linkedin.challenge_answer((code,), KEYS) == Refused("bad_challenge")


@settings(max_examples=100, deadline=None)
@given(st.uuids(version=4))
def test_every_uuid4_is_answered(code: uuid.UUID) -> None:
    assert isinstance(linkedin.challenge_answer((str(code),), KEYS), bytes)
