"""The rules as tables for a reader, printed from the data that the decision uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.domain.consent.decision import CHANNELS


def tables(rules: Mapping[str, Any]) -> str:
    """Markdown: bases per regime and channel, what else differs by regime, the conditions of each basis, the ages."""
    parts = (_channels(rules), _regimes(rules), _bases(rules), _ages(rules["ages"]))
    return "\n\n".join((f"Rules {rules['version']}.", *parts)) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _channels(rules: Mapping[str, Any]) -> str:
    rows = (
        (name, *(", ".join(regime["channels"][channel]) for channel in CHANNELS))
        for name, regime in rules["regimes"].items()
    )
    return _table(("regime", *CHANNELS), rows)


def _regimes(rules: Mapping[str, Any]) -> str:
    head = (
        "regime",
        "countries",
        "tick must be confirmed",
        "consent lasts",
        "void tick closes",
        "share",
        "score",
        "GPC",
    )
    return _table(head, (_regime(name, regime, rules["regime_of"]) for name, regime in rules["regimes"].items()))


def _regime(name: str, regime: Mapping[str, Any], regime_of: Mapping[str, str]) -> tuple[str, ...]:
    countries = " ".join(sorted(country for country, its in regime_of.items() if its == name))
    months = regime["consent_months"]
    return (
        name,
        countries or "-",
        _yes(regime["confirm"]),
        f"{months} months" if months else "no expiry",
        _yes(regime["closed_by_bad_tick"]),
        regime["share"],
        regime["score"],
        _yes(regime["honours_gpc"]),
    )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _bases(rules: Mapping[str, Any]) -> str:
    rows = (
        (name, basis["basis"], ", ".join(basis["when"]) or "-", _lasts(basis)) for name, basis in rules["bases"].items()
    )
    return _table(("basis", "recorded as", "all of", "lasts"), rows)


def _lasts(basis: Mapping[str, Any]) -> str:
    return f"{basis['months']} months after the {basis['since']}" if "since" in basis else "until a no"


def _ages(ages: Mapping[str, Any]) -> str:
    by_age: dict[int, list[str]] = {}
    for country, age in ages["by_country"].items():
        by_age.setdefault(age, []).append(country)
    rows = [(str(age), " ".join(sorted(by_age[age]))) for age in sorted(by_age)]
    return _table(("stored from the age of", "countries"), [*rows, (str(ages["otherwise"]), "all others, and unknown")])
