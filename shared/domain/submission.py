"""What came, once: a submission after strict reading, before any decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ContactPoints:
    """How the person can be reached. `email` is the identity form (lower-case ASCII local part, A-label domain),
    `phone` E.164.
    """

    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """What the browser and the edge said: raw `Sec-GPC` header values, and the country that a trusted edge saw (or
    None).
    """

    gpc: tuple[str, ...] = ()
    edge_country: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One form post.

    `key` is the idempotency key the sender chose (None when they chose none); `fields` holds the cleaned answers
    by field name, contact points included in their identity form, empty answers left out; `consents` maps every
    purpose that the form's boxes offer to whether it was ticked; `context` holds marketing context (strings such
    as `utm_source`, `page_url`) and aggregated counters (ints such as `time_on_page_s`); `notice` is the `id@version`
    of the wording that was shown. `once_within_s`: where a sender has no keys, the same content within so many
    seconds is one submission sent twice (0: every post is a submission of its own). `acted_at` is when the person
    acted, where others bring the submission later (a platform, an import; RFC 3339 UTC with milliseconds): what is
    older than an erasure brings nobody back. Empty means here and now. `texts_to` is the country whose mobile network
    brings texts to the number (None: a landline, or nobody knows). `lang` is the language in which the form was shown
    (empty: its first one). `age` in years decides and is never stored.
    `objections` are the channels on which the person said no by the submission itself.
    """

    form_id: str
    key: str | None
    fields: Mapping[str, str]
    contact: ContactPoints
    consents: Mapping[str, bool]
    notice: str
    context: Mapping[str, str | int] = field(default_factory=dict)
    signals: Signals = Signals()
    is_test: bool = False
    once_within_s: int = 0
    acted_at: str = ""
    texts_to: str | None = None
    lang: str = ""
    age: int | None = None
    objections: tuple[str, ...] = ()
