"""`python -m bench.definition`: what judging a lead costs, beside an interpreter and beside arrays, in one run.

1. The rules of the shipped definition over one act and the answers of one lead: our closures against `rule-engine`
   with the same rules, results compared; then the whole judgement with the rules answered by either.
2. A back-test on one core: forward in time, act by act, two definitions, against a straightforward version with numpy
   that only computes the last score of each lead under both.
3. One more act on a lead with 10 and with 10,000 acts before it.

Rounds are interleaved; the best of each is compared, so a busy moment of the machine spoils nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import rule_engine

from local import backtest, sample_history
from shared.domain import fold
from shared.domain.criteria import content_of, leading_number
from shared.domain.definition import Definition, Rule, compile_definition
from shared.domain.judgement import judge
from shared.domain.lead import Event, Tracks, instant
from shared.settings import compiled_agreement

ROUNDS = 7
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALLOWED = {"reply": True, "marketing": {"email": "yes"}}
ADA = {
    "email": "ada@example.com",
    "company": "Example Engines",
    "job_title": "Director of Engineering",
    "company_size": "201-1000",
    "country": "FR",
    "timeframe": "Now",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.definition",
        description=__doc__.partition("\n")[0] if __doc__ else "",
        epilog="example: python -m bench.definition --leads 20000",
    )
    parser.add_argument("--leads", type=int, default=5000, help="leads of the back-test (default 5000)")
    leads = parser.parse_args().leads
    plain = compiled_agreement()["definitions"]["default"]
    definition = compile_definition(plain)
    print(f"Python {sys.version.split()[0]}, {len(definition.fit) + len(definition.engagement)} rules\n")
    _rules(definition, plain)
    _snapshots(definition)
    _backtests(definition, plain, leads)


def best(*jobs: Callable[[], object], times: int) -> list[float]:
    """Microseconds of CPU per call of each job, the best of some interleaved rounds."""
    found = [float("inf")] * len(jobs)
    for _ in range(ROUNDS):
        for number, job in enumerate(jobs):
            began = time.process_time()
            for _ in range(times):
                job()
            found[number] = min(found[number], (time.process_time() - began) / times * 1e6)
    return found


# ------------------------------------------------------------------ rules against an interpreter


def _rules(definition: Definition, plain: Mapping[str, Any]) -> None:
    act = Event("e", instant(START), "content_view", "f", 1, {}, _CONTEXT, {}, "n", True)
    tracks = fold.rebuild(definition, (replace(act, kind="demo_request", fields=ADA), act))
    facts = {"kind": act.kind, "fields": ADA, "context": act.context}
    peer = _interpreted(definition, plain)
    every = (*definition.fit, *definition.engagement)
    every_peer = (*peer.fit, *peer.engagement)
    ours = [rule.matches(facts) for rule in every]
    if ours != [rule.matches(facts) for rule in every_peer]:
        raise SystemExit("the interpreter answers the rules differently: nothing to compare")
    alone = best(
        lambda: [rule.matches(facts) for rule in every], lambda: [rule.matches(facts) for rule in every_peer], times=100
    )
    now = START + timedelta(days=1)

    def whole(one: Definition) -> object:
        return judge(one, fold.step(one, tracks, act), ALLOWED, now)

    both = best(lambda: whole(definition), lambda: whole(peer), times=50)
    print("per lead and act                    ours      rule-engine   ours is")
    for title, (own, other) in (("the rules alone", alone), ("step and judgement, two personas", both)):
        print(f"  {title:<32}{own:>7.1f} µs {other:>10.1f} µs {other / own:>8.1f} × faster")


_CONTEXT = {"content": "beginners-guide", "time_on_page_s": 90, "scroll_depth_pct": 80}


def _interpreted(definition: Definition, plain: Mapping[str, Any]) -> Definition:
    """The same definition with every rule answered by the interpreter."""
    rules = {rule["id"]: rule for part in ("fit", "engagement") for rule in plain[part]}
    free_mail, content = plain["free_mail"], plain["content"]

    def made(rule: Rule) -> Rule:
        compiled = rule_engine.Rule(_as_text(rules[rule.id]["when"], free_mail, content), context=_LENIENT)
        return replace(rule, matches=lambda facts: bool(compiled.matches(_flat(facts))))

    def all_of(some: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(made(rule) for rule in some)

    interpreted = {rule.id: rule for rule in all_of(definition.engagement)}
    return replace(
        definition,
        fit=all_of(definition.fit),
        engagement=tuple(interpreted.values()),
        by_kind={kind: tuple(interpreted[r.id] for r in some) for kind, some in definition.by_kind.items()},
        for_any_kind=tuple(interpreted[rule.id] for rule in definition.for_any_kind),
    )


_LENIENT = rule_engine.Context(default_value=None)


def _flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the interpreter's rules ask, under plain names."""
    fields, context = facts["fields"], facts.get("context", {})
    return {
        "kind": facts.get("kind"),
        "content": content_of(context),
        "domain": fields.get("email", "").partition("@")[2],
        **{f"c_{name}": value for name, value in context.items() if isinstance(value, int)},
        **{f"f_{name}": value.casefold() for name, value in fields.items()},
        **{f"n_{name}": leading_number(value) for name, value in fields.items() if name == "company_size"},
    }


def _as_text(when: Mapping[str, Any], free_mail: list[str], content: Mapping[str, Any]) -> str:
    """A condition in the interpreter's own language."""
    if "all" in when or "any" in when:
        word = " and " if "all" in when else " or "
        parts = when.get("all") or when["any"]
        return "(" + word.join(_as_text(part, free_mail, content) for part in parts) + ")"
    if "event" in when:
        return f"kind in {_list(when['event'])}"
    if "email_domain" in when:
        return f"(domain != '' and not (domain in {_list(free_mail)}))"
    if "content" in when:
        return f"content in {_list(name for name, tags in content.items() if when['content'].items() <= tags.items())}"
    if "context" in when:
        return f"(c_{when['context']} != null and c_{when['context']} >= {when['at_least']})"
    name = when["field"]
    if "present" in when:
        return f"(f_{name} != null and f_{name} != '')"
    if "at_least" in when:
        return f"(n_{name} != null and n_{name} >= {when['at_least']})"
    if "is" in when:
        return f"f_{name} in {_list(value.casefold() for value in when['is'])}"
    words = "|".join(word.replace(" ", "[^a-z0-9-]+") for word in when["has_word"])
    return f"(f_{name} != null and f_{name} =~~ '(^|[^a-z0-9-])({words})($|[^a-z0-9-])')"


def _list(values: Any) -> str:
    return json.dumps(list(values))


# ------------------------------------------------------------------ one more act


def _snapshots(definition: Definition) -> None:
    kinds = ("content_view", "pricing_view", "content_download", "email_click", "webinar_attended", "video_watched")

    def history(length: int) -> Tracks:
        acts = (
            Event(f"{n}", instant(START - timedelta(hours=n)), kinds[n % 6], "f", 1, {}, _CONTEXT, {}, "n", True)
            for n in range(length)
        )
        return fold.rebuild(definition, acts)

    few, many = history(10), history(10_000)
    act = Event("new", instant(START + timedelta(minutes=1)), "content_view", "f", 1, ADA, _CONTEXT, {}, "n", True)
    now = START + timedelta(minutes=2)

    def more(tracks: Tracks) -> object:
        return judge(definition, fold.step(definition, tracks, act), ALLOWED, now)

    one, other = best(lambda: more(few), lambda: more(many), times=100)
    print("\none more act, step and judgement")
    print(f"  after 10 acts     {one:>7.1f} µs\n  after 10,000 acts {other:>7.1f} µs   {other / one:.2f} × as long")


# ------------------------------------------------------------------ back-test against arrays


def _backtests(definition: Definition, plain: Mapping[str, Any], leads: int) -> None:
    with tempfile.TemporaryDirectory(prefix="leadgate-bench-") as folder:
        path = Path(folder) / "history.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for row in sample_history.rows(leads, 7, definition):
                out.write(json.dumps(row, separators=(",", ":")) + "\n")
        began = time.process_time()
        sums = backtest.run(plain, plain, [path], 1, _silent, _silent)
        ours = time.process_time() - began
        began = time.process_time()
        final = _vectorised(path, plain), _vectorised(path, plain)
        arrays = time.process_time() - began
    print(f"\nback-test of {sums.leads:,} leads, {sums.events:,} acts, two definitions, one core")
    print(f"  ours, act by act, explained     {sums.leads / ours:>9,.0f} leads per CPU second")
    print(f"  numpy, last score only          {len(final[0]) / arrays:>9,.0f} leads per CPU second")


def _silent(_done: int, _of: int) -> None:
    """Nobody watches."""


def _vectorised(path: Path, plain: Mapping[str, Any]) -> Any:
    """The last score of each lead without caps by group, explanation, gates or history: what arrays do with ease."""
    rows = [row for row in map(json.loads, path.open(encoding="utf-8")) if row["type"] == "event" and row["judged"]]
    leads, of_row = np.unique([row["lead"] for row in rows], return_inverse=True)
    kinds = np.array([row["kind"] for row in rows])
    at = np.array([row["at"][:-1] for row in rows], dtype="datetime64[ms]").astype(np.int64)
    last = np.zeros(len(leads), dtype=np.int64)
    np.maximum.at(last, of_row, at)
    total = np.zeros(len(leads))
    for rule in plain["engagement"]:
        wanted = rule["when"].get("event")
        if wanted is None or not rule["points"]:
            continue
        age = (last[of_row] - at) / 86_400_000
        worth = np.where(np.isin(kinds, wanted), float(rule["points"]), 0.0)
        if "half_life_days" in rule.get("decay", {}):
            worth *= 0.5 ** (age / rule["decay"]["half_life_days"])
        worth[age >= rule.get("window_days", np.inf)] = 0
        got = np.zeros(len(leads))
        np.add.at(got, of_row, worth)
        total += np.minimum(got, rule["cap"])
    profile: dict[int, dict[str, str]] = {}
    for number, row in zip(of_row, rows, strict=True):
        profile.setdefault(int(number), {}).update(row["fields"])
    for rule in plain["fit"]:
        when = rule["when"]
        if "field" in when:
            has = np.array([_meets(profile[number].get(when["field"], ""), when) for number in range(len(leads))])
            total += np.where(has, rule["points"], 0)
    return np.minimum(total, plain["total_cap"])


def _meets(value: str, when: Mapping[str, Any]) -> bool:
    if not value:
        return False
    if "at_least" in when:
        return leading_number(value) >= int(when["at_least"])
    if "is" in when:
        return value in when["is"]
    return "present" in when or any(word in value.casefold().split() for word in when["has_word"])


if __name__ == "__main__":
    main()
