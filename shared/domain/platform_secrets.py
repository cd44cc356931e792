"""The secrets that platforms share with us: which are valid now, by platform and source.

One JSON object serves Secrets Manager and `leadgate serve --secrets`:

    {"linkedin": {SOURCE_ID: {"client_secret": [current, previous]}},
     "meta": {"app_secret": [current, previous], "verify_token": "…"},
     "google": {SOURCE_ID: {"google_key": [current, previous]}},
     PLATFORM: {SOURCE_ID: {"secret": [current, previous]}}}

The current secret comes first; the ones behind it stay valid until they are taken out. One text stands for a list of
one. Members under other names belong to whoever reads them, and are not looked at here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.errors import Fault, RejectedInput

# Meta knows one secret per app, and one app has one address for all pages; everybody else has secrets by source.
BY_APP = ("meta",)
NAMES: Mapping[str, tuple[str, ...]] = {
    "linkedin": ("client_secret",),
    "meta": ("app_secret", "verify_token"),
    "google": ("google_key",),
}
OTHERS = ("secret",)


@dataclass(frozen=True, slots=True, repr=False)
class PlatformSecrets:
    """All secrets of one reading; never printed."""

    members: Mapping[str, Any]

    def valid(self, platform: str, name: str, source_id: str = "") -> tuple[str, ...]:
        """The secrets that are valid now, the current one first; none when there is none."""
        place = self.members.get(platform, {})
        return _texts((place if platform in BY_APP else place.get(source_id, {})).get(name))


def read(members: Any) -> PlatformSecrets:
    """The secrets in parsed JSON; RejectedInput names every place that is wrong, and never what stands there."""
    faults = [Fault("", "not_an_object")] if not isinstance(members, Mapping) else list(_faults(members))
    if faults:
        raise RejectedInput("invalid_secrets", *faults)
    return PlatformSecrets(members)


def _faults(members: Mapping[str, Any]) -> Iterator[Fault]:
    for platform, place in members.items():
        if not isinstance(place, Mapping):
            yield Fault(f"/{platform}", "not_an_object")
        elif platform in BY_APP:
            yield from _wrong_texts(f"/{platform}", place, NAMES[platform])
        else:
            for source_id, named in place.items():
                yield from _wrong_texts(f"/{platform}/{source_id}", named, NAMES.get(platform, OTHERS))


def _wrong_texts(pointer: str, named: Any, names: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(named, Mapping):
        yield Fault(pointer, "not_an_object")
        return
    for name in names:
        texts = _texts(named.get(name))
        if name in named and (not texts or not all(text.strip() for text in texts)):
            yield Fault(f"{pointer}/{name}", "not_a_secret")


def _texts(value: Any) -> tuple[str, ...]:
    """Nothing at all when there is anything but texts: half a list of secrets is a mistake."""
    texts = [value] if isinstance(value, str) else value
    return tuple(texts) if isinstance(texts, list) and all(isinstance(text, str) for text in texts) else ()
