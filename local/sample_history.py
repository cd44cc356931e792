"""A history that never was: leads of a B2B software company over a year, with what sales made of them.

Everything is drawn from one seed, so the same command writes the same bytes everywhere. Each lead has a hidden worth
that shapes its title, company and acts; sales sees only leads that the given definition offered, and takes them by
their hidden worth. So a better definition can be found, and the answers are missing where sales never looked, as in
life.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.course import course
from shared.domain.definition import Definition
from shared.domain.history import history_of
from shared.domain.lead import instant

START = datetime(2025, 9, 1, tzinfo=UTC)
DAYS = 365
END = START + timedelta(days=DAYS + 30)
TITLES = (
    (0.9, ("CTO", "VP Engineering", "Head of Platform", "Director of Operations", "Chief Information Officer")),
    (0.6, ("Engineering Manager", "Team Lead", "Senior Architect", "Procurement Manager", "Product Owner")),
    (0.3, ("Developer", "Analyst", "Consultant", "Senior Engineer", "Specialist")),
    (0.0, ("Student", "Intern", "Blogger", "")),
)
SIZES = ("1-10", "11-50", "51-200", "201-1000", "1001+")
INDUSTRIES = ("Software", "Financial services", "Manufacturing", "Retail", "Public sector", "Education", "")
CONTENT = ("beginners-guide", "trends-report", "buyers-checklist", "customer-story", "pricing-guide")
CHANNELS = (("google", "cpc"), ("linkedin", "paid"), ("newsletter", "email"), ("", ""))
TIMEFRAMES = ("Now", "Within 3 months", "Later", "")
REASONS = ("no_budget", "wrong_company", "no_need", "unreachable")
NEVER_BUYS = ("Public sector",)
CAMPAIGNS = {"google": ("brand", "spring"), "linkedin": ("platform-teams", "webinar"), "newsletter": ("monthly",)}


@dataclass(slots=True)
class _Person:
    """A lead to be: `worth` is hidden, everything else is what forms and pages see."""

    lead: str
    worth: float
    fields: Mapping[str, str]
    permission: list[str]
    channel: tuple[str, str]
    profiling: bool
    campaign: str
    variant: str


def rows(leads: int, seed: int, definition: Definition) -> Iterator[dict[str, Any]]:
    """Events and outcomes of so many leads, lead by lead."""
    for number in range(leads):
        dice = random.Random(f"{seed}/{number}")
        marks = random.Random(f"{seed}/{number}/marks")
        person = _person(dice, marks)
        acts = list(_acts(person, dice))
        yield from acts
        yield from _outcome(person, acts, dice, marks, definition)


def _person(dice: random.Random, marks: random.Random) -> _Person:
    worth = dice.betavariate(1.3, 2.6)
    _, titles = min(TITLES, key=lambda row: abs(row[0] - worth - dice.gauss(0, 0.25)))
    size = SIZES[min(4, max(0, round(4 * worth + dice.gauss(0, 1.2))))]
    industry = INDUSTRIES[min(6, int(abs(dice.gauss(0, 2.2)) + 3 * (1 - worth)))]
    business = dice.random() < 0.35 + 0.6 * worth
    fields = {
        "email": "@example.com" if business else "@gmail.com",
        "job_title": dice.choice(titles),
        "company": "…" if business or dice.random() < 0.4 else "",
        "company_size": size if dice.random() < 0.8 else "",
        "industry": industry,
        "country": dice.choice(("DE", "FR", "NL", "GB", "US", "AT")),
        "phone": "…" if dice.random() < 0.2 + 0.4 * worth else "",
        "timeframe": dice.choice(TIMEFRAMES[: 2 + round(2 * (1 - worth))]),
    }
    profiling = dice.random() < 0.55
    permission = ["reply", *(["mkt_email"] if dice.random() < 0.6 else []), *(["profiling"] if profiling else [])]
    given = {name: value for name, value in fields.items() if value}
    lead = f"{dice.getrandbits(128):032x}"
    channel = dice.choice(CHANNELS)
    campaign = marks.choice(CAMPAIGNS.get(channel[0], ("",)))
    variant = "b" if marks.random() < 0.4 + 0.25 * worth else "a"
    return _Person(lead, worth, given, permission, channel, profiling, campaign, variant)


def _acts(person: _Person, dice: random.Random) -> Iterator[dict[str, Any]]:
    """First a form, then what the person reads and does, and for some an inquiry."""
    at = START + timedelta(days=dice.random() * DAYS)
    asks_at_once = dice.random() < 0.1 + 0.3 * person.worth
    first = (
        "demo_request" if asks_at_once else dice.choice(("content_download", "newsletter_signup", "content_download"))
    )
    yield _act(person, first, at, dice, fields=dict(person.fields))
    for _ in range(int(dice.expovariate(1 / (1 + 4 * person.worth))) if person.profiling else 0):
        at += timedelta(days=dice.expovariate(1 / 9))
        if at > END:
            return
        kinds = ("content_view", "content_view", "content_download", "pricing_view", "webinar_attended", "email_click")
        yield _act(person, dice.choice(kinds), at, dice)
    if not asks_at_once and dice.random() < 0.05 + 0.5 * person.worth**2:
        at = min(END, at + timedelta(days=dice.expovariate(1 / 14)))
        yield _act(person, dice.choice(("demo_request", "quote_request", "contact_request")), at, dice)


def _act(
    person: _Person, kind: str, at: datetime, dice: random.Random, fields: Mapping[str, str] | None = None
) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if kind in ("content_view", "content_download"):
        context["content"] = dice.choice(CONTENT)
    if person.profiling:
        context["time_on_page_s"] = int(dice.expovariate(1 / 60))
    if person.channel[0]:
        context |= {"utm_source": person.channel[0], "utm_medium": person.channel[1], "utm_campaign": person.campaign}
    if fields:
        context["variant"] = person.variant
    return {
        "type": "event",
        "lead": person.lead,
        "event_id": f"{dice.getrandbits(128):032x}",
        "at": instant(at),
        "kind": kind,
        "form": kind.replace("_", "-") if fields else "",
        "fields": dict(fields or {}),
        "context": context,
        "judged": person.profiling or kind in ("demo_request", "quote_request", "contact_request"),
        "permission": person.permission,
        "is_test": False,
    }


def _outcome(
    person: _Person, acts: list[dict[str, Any]], dice: random.Random, marks: random.Random, definition: Definition
) -> Iterator[dict[str, Any]]:
    """What sales made of the lead, if the definition offered it."""
    offered = course(definition, history_of(acts)).sql_at
    takes, wins = dice.random(), dice.random()
    if not offered:
        return
    at = datetime.fromisoformat(offered) + timedelta(hours=dice.expovariate(1 / 6))
    accepted = takes < 0.25 + 0.9 * person.worth
    yield _offer(person, offered, at, marks)
    row = {"type": "outcome", "lead": person.lead, "at": instant(at), "outcome": "accepted" if accepted else "rejected"}
    yield row if accepted else {**row, "reason": dice.choice(REASONS)}
    if accepted and wins < 0.9:
        won = wins < 0.6 * person.worth and person.fields.get("industry") not in NEVER_BUYS
        later = instant(at + timedelta(days=20 + dice.expovariate(1 / 25)))
        yield {"type": "outcome", "lead": person.lead, "at": later, "outcome": "won" if won else "lost"}


def _offer(person: _Person, offered: str, answered: datetime, marks: random.Random) -> dict[str, Any]:
    """The offer itself: most people are spoken with soon after the first answer, some not in time, some never."""
    began = datetime.fromisoformat(offered)
    contacted = answered + timedelta(hours=marks.expovariate(1 / 5))
    reached = marks.random() < 0.85
    return {
        "type": "offer",
        "lead": person.lead,
        "at": offered,
        "crossing": 1,
        "queue": "dach" if person.fields["country"] in ("DE", "AT") else "rest-of-the-world",
        "handed_off_at": instant(began + timedelta(seconds=0.2 + marks.expovariate(2))),
        "promises": ["kept" if reached and contacted - began < timedelta(hours=16) else "breached"],
        **({"contacted_at": instant(contacted)} if reached else {}),
    }
