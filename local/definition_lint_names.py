"""Checks of what a definition speaks of: can a machine answer it, does anybody capture or send it, is it there?"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from local.agreement_definition import Family
from local.definition_file import Place, entries, listed, text, texts, whole
from local.definition_sheet import ACT, ANSWER, GATE, Condition, Fault, Sheet
from shared.domain.countries import ISO_3166_1
from shared.domain.criteria import leading_number

MAY_ASK = {"fit": ANSWER, "answer": ANSWER, "act": ACT, "gate": GATE}
HOST = re.compile(r"(?:[^\W_A-Z](?:[^\W_A-Z]|-)*\.)+[^\W_A-Z]{2,}")
BANT = ("budget", "authority", "need", "timeline")


def faults(sheet: Sheet) -> Iterator[Fault]:
    for check in (
        _doubled_keys,
        _criteria,
        _fields,
        _hosts,
        _contexts,
        _kinds,
        _tags,
        _groups,
        _ids,
        _rules_named,
        _same_act,
        _what_we_do_not_look_for,
        _families,
        _elsewhere,
        _crm,
        _bant,
    ):
        yield from check(sheet)


def one_of(names: Iterable[str], wanted: str = "") -> str:
    """The nearest names to choose from, as advice."""
    known = sorted(names)
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Write one of {', '.join(known)}." if known else "There is none yet."


def _doubled_keys(sheet: Sheet) -> Iterator[Fault]:
    for place, line in sheet.source.doubled:
        what = f"`{place[-1]}` stands twice in the same part (first in line {sheet.source.line(place)}); one is lost."
        yield Fault(place, "error", "key_twice", what, "Keep one of them.", line)


# ------------------------------------------------------------------ criteria


def _criteria(sheet: Sheet) -> Iterator[Fault]:
    """Every criterion must be one that a machine answers with yes or no (A17a)."""
    holders = [*((r.place, r.rule) for r in sheet.rules()), *sheet.disqualifiers()]
    for place, holder in holders:
        if "when" not in holder:
            yield _vague(place, str(holder.get("id", "it")))
    for leaf in sheet.leaves():
        kinds = entries(leaf.when).keys() & {*GATE, *ACT}
        if not kinds:
            yield _vague(leaf.place, json.dumps(leaf.when, ensure_ascii=False, default=str))
        elif not kinds & set(MAY_ASK[leaf.about]):
            yield _misplaced(leaf, sorted(kinds)[0])


def _vague(place: Place, said: str) -> Fault:
    return Fault(
        place,
        "error",
        "vague_criterion",
        f"No machine can answer {said} with yes or no.",
        "Name what is measured: an answer ({field: job_title, has_word: [head]}), an act ({event: [pricing_view]}), "
        "a counter ({context: video_pct, at_least: 50}) or the address ({email_domain: business}).",
    )


def _misplaced(leaf: Condition, kind: str) -> Fault:
    advice = {
        "fit": "Fit asks who they are: field or email_domain. What they do belongs under engagement.",
        "answer": "Here only answers can be asked for: field or email_domain.",
        "act": "A rule of engagement asks about one act: event, field, context, content or email_domain.",
        "gate": f"A gate asks about the judged lead: {', '.join(GATE)}.",
    }
    return Fault(leaf.place, "error", "criterion_not_here", f"`{kind}` cannot be asked here.", advice[leaf.about])


# ------------------------------------------------------------------ fields


def _fields(sheet: Sheet) -> Iterator[Fault]:
    for leaf in sheet.leaves():
        name = entries(leaf.when).get("field")
        if not isinstance(name, str):
            continue
        if name not in sheet.captured:
            yield Fault(
                (*leaf.place, "field"),
                "error",
                "field_not_captured",
                f"No form, no source and nobody else captures `{name}`, so this can never hold.",
                f"{one_of(sheet.captured, name)} Or add the field to a form, or to captured_elsewhere.",
            )
        else:
            yield from _answers(sheet, leaf, name)


def _answers(sheet: Sheet, leaf: Condition, name: str) -> Iterator[Fault]:
    """Answers that are asked for and can never be given."""
    when, choices = entries(leaf.when), sheet.around.choices.get(name)
    for value in texts(when.get("is")):
        if choices and value.casefold() not in {choice.casefold() for choice in choices}:
            yield _never_given((*leaf.place, "is"), name, value, one_of(choices, value))
        elif name == "country" and value.upper() not in ISO_3166_1:
            yield _never_given((*leaf.place, "is"), name, value, "Write countries as two letters of ISO 3166-1.")
    for word in texts(when.get("has_word")):
        if word != _as_words(word):
            yield _never_given((*leaf.place, "has_word"), name, word, f"Write it as `{_as_words(word)}`.")
    floor = whole(when.get("at_least"))
    if choices and floor is not None and floor > max(map(leading_number, choices)):
        advice = f"The choices are {', '.join(choices)}; of each the first number counts."
        yield _never_given((*leaf.place, "at_least"), name, str(floor), advice)


def _never_given(place: Place, name: str, value: str, advice: str) -> Fault:
    return Fault(place, "error", "never_answered", f"Nobody can answer `{value}` to `{name}`.", advice)


def _as_words(said: str) -> str:
    """A word as answers are read: lower case, nothing but letters, digits, hyphens and single spaces."""
    return " ".join("".join(c if c.isalnum() or c == "-" else " " for c in said.casefold()).split())


def _hosts(sheet: Sheet) -> Iterator[Fault]:
    """Hosts are compared letter by letter with what follows the @, in lower case; anything else never matches."""
    named: list[tuple[Place, str]] = [
        (("free_mail", at), host) for at, host in enumerate(texts(sheet.plain.get("free_mail")))
    ]
    for leaf in sheet.leaves():
        asked = texts(entries(leaf.when).get("email_domain"))
        named += [((*leaf.place, "email_domain", at), host) for at, host in enumerate(asked)]
    for place, host in named:
        if not HOST.fullmatch(host):
            bare = host.rpartition("@")[2].casefold().strip(" .*")
            advice = f"Write {bare if HOST.fullmatch(bare) else 'it like gmail.com'}."
            yield Fault(
                place, "error", "never_a_host", f"No address can end in @{host}, so this can never hold.", advice
            )


# ------------------------------------------------------------------ contexts


def _contexts(sheet: Sheet) -> Iterator[Fault]:
    for leaf in sheet.leaves():
        name = entries(leaf.when).get("context")
        if isinstance(name, str):
            yield from _context(sheet, leaf, (*leaf.place, "context"), name)


def _context(sheet: Sheet, leaf: Condition, place: Place, name: str) -> Iterator[Fault]:
    counters = sheet.around.counters
    if name in sheet.around.traces or any(part in name for part in ("mouse", "cursor", "keystroke", "coordinate")):
        yield Fault(
            place,
            "error",
            "raw_trace",
            f"`{name}` is a trace of what somebody's hand does; we count, we never trace (and refuse it at the door).",
            f"Use a counter: {', '.join(sorted(counters))}.",
        )
    elif name not in sheet.around.contexts:
        yield Fault(
            place,
            "error",
            "context_not_sent",
            f"No page and no server sends `{name}`.",
            one_of(sheet.around.contexts, name),
        )
    elif name in counters:
        yield from _counter(sheet, leaf, name)
    elif "is" not in entries(leaf.when):
        yield Fault(
            place, "error", "not_a_number", f"`{name}` is text, it has no size.", "Ask with is: [one, another]."
        )


def _counter(sheet: Sheet, leaf: Condition, name: str) -> Iterator[Fault]:
    floor, limit = whole(entries(leaf.when).get("at_least")), sheet.around.counters[name]
    if floor is not None and floor > limit:
        yield Fault(
            (*leaf.place, "at_least"), "error", "never_counted", f"`{name}` ends at {limit}.", f"Write at most {limit}."
        )
    if "profiling" not in sheet.around.purposes:
        yield Fault(
            (*leaf.place, "context"),
            "error",
            "counter_without_permission",
            f"`{name}` is kept only of people who allowed profiling, and no form asks them.",
            "Add a box with the purpose profiling to a form, or drop the rule.",
        )


# ------------------------------------------------------------------ acts and content


def _kinds(sheet: Sheet) -> Iterator[Fault]:
    for name, event in entries(sheet.plain.get("events")).items():
        if isinstance(event, dict) and "from" in event and not event["from"]:
            advice = "Say who may send it: from: [page], [server] or [page, server]."
            yield Fault(("events", name), "error", "event_without_from", f"Nobody may send `{name}`.", advice)
    for leaf in sheet.leaves():
        when = entries(leaf.when)
        for key in ("event", "inquiry"):
            for index, kind in enumerate(texts(when.get(key))):
                yield from _kind(sheet, (*leaf.place, key, index), key, kind)


def _kind(sheet: Sheet, place: Place, key: str, kind: str) -> Iterator[Fault]:
    if kind not in sheet.kinds:
        what = f"`{kind}` is neither in actions nor in events."
        yield Fault(place, "error", "event_unknown", what, f"{one_of(sheet.kinds, kind)} Or add it to the catalogue.")
    elif key == "inquiry" and entries(sheet.kinds[kind]).get("direct_inquiry") is not True:
        direct = [name for name, act in sheet.kinds.items() if entries(act).get("direct_inquiry") is True]
        yield Fault(
            place,
            "error",
            "no_inquiry",
            f"`{kind}` is no direct inquiry, so it is never the latest one.",
            one_of(direct),
        )


def _tags(sheet: Sheet) -> Iterator[Fault]:
    content = entries(sheet.plain.get("content"))
    for name, item in content.items():
        untagged = [tag for tag in ("journey", "kind") if not entries(item).get(tag)]
        if untagged:
            advice = "Add journey: early, middle or late, and kind: educational or promotional."
            what = f"`{name}` has no {' and no '.join(untagged)}, so no rule and no track knows what it is for."
            yield Fault(("content", name), "error", "content_untagged", what, advice)
    asked = [
        *(
            ((*leaf.place, key), entries(leaf.when)[key])
            for leaf in sheet.leaves()
            for key in ("content", "last_content")
            if key in entries(leaf.when)
        ),
        *(((*place, "content"), track["content"]) for place, track in sheet.tracks() if "content" in track),
    ]
    for place, tags in asked:
        if not any(has_tags(item, tags) for item in content.values()):
            said = ", ".join(f"{tag}: {value}" for tag, value in entries(tags).items())
            advice = "Tag something so, or ask for tags that there are: " + _tags_there(content)
            yield Fault(place, "error", "content_tag_unknown", f"No content is tagged {said}.", advice)


def has_tags(item: Any, wanted: Any) -> bool:
    return all(entries(item).get(tag) == value for tag, value in entries(wanted).items())


def _tags_there(content: dict[str, Any]) -> str:
    pairs = {f"{entries(item).get('journey')} {entries(item).get('kind')}" for item in content.values()}
    return f"{', '.join(sorted(pairs))}."


# ------------------------------------------------------------------ groups and ids


def _groups(sheet: Sheet) -> Iterator[Fault]:
    used = set()
    for rule in sheet.rules():
        used.add(text(rule.rule.get("group")))
        yield from _group(sheet, (*rule.place, "group"), rule.rule.get("group"))
    for leaf in sheet.leaves():
        for index, group in enumerate(texts(entries(leaf.when).get("points_in"))):
            yield from _group(sheet, (*leaf.place, "points_in", index), group)
    for group in sheet.groups.keys() - used:
        advice = "Take it out, or give a rule this group."
        yield Fault(("groups", group), "warning", "group_unused", f"No rule is in the group `{group}`.", advice)


def _group(sheet: Sheet, place: Place, group: Any) -> Iterator[Fault]:
    if isinstance(group, str) and group not in sheet.groups:
        yield Fault(place, "error", "group_unknown", f"There is no group `{group}`.", one_of(sheet.groups, group))


def _ids(sheet: Sheet) -> Iterator[Fault]:
    rules = [(rule.place, rule.rule) for rule in sheet.rules()]
    for what, holders in (
        ("rule", rules),
        ("disqualifier", list(sheet.disqualifiers())),
        ("persona", list(sheet.personas())),
        ("track", sheet.tracks()),
    ):
        yield from _twice(sheet, what, holders)
    for place, rule in rules:
        where = sheet.around.rules_elsewhere.get(text(rule.get("id")))
        if where:
            said = (
                f"The rule id `{rule['id']}` is used in {where}, too: no answer of sales could say which one is meant."
            )
            yield Fault((*place, "id"), "error", "rule_id_twice", said, "Give it another id.")


def _twice(sheet: Sheet, what: str, holders: list[tuple[Place, dict[str, Any]]] | list[Any]) -> Iterator[Fault]:
    seen: dict[str, Place] = {}
    for place, holder in holders:
        name = text(holder.get("id"))
        if name and name in seen:
            said = f"The {what} id `{name}` is used twice (first in line {sheet.source.line(seen[name])})."
            yield Fault((*place, "id"), "error", f"{what}_id_twice", said, "Give it another id.")
        seen.setdefault(name, place)


def _rules_named(sheet: Sheet) -> Iterator[Fault]:
    """Gates that count a rule of engagement name one that there is."""
    known = [rule.id for rule in sheet.rules() if not rule.is_fit]
    for leaf in sheet.leaves():
        for key in ("times", "touches"):
            name = entries(entries(leaf.when).get(key)).get("rule")
            if isinstance(name, str) and name not in known:
                what = f"There is no engagement rule `{name}`."
                yield Fault((*leaf.place, key, "rule"), "error", "rule_unknown", what, one_of(known, name))


def _same_act(sheet: Sheet) -> Iterator[Fault]:
    """Two rules with points for the same thing count it twice."""
    seen: dict[str, tuple[str, Place]] = {}
    for rule in sheet.rules():
        if not rule.rule.get("points") or (
            not rule.is_fit and rule.rule.get("dimension") not in ("interest", "intent")
        ):
            continue
        for asked in _what_it_counts(rule.rule.get("when")):
            if asked in seen:
                other, place = seen[asked]
                yield Fault(
                    (*rule.place, "when"),
                    "warning",
                    "counted_twice",
                    f"`{rule.id}` gives points for {_act_said(asked)}, and so does `{other}` "
                    f"(line {sheet.source.line(place)}).",
                    "Drop one of them, or say in `when` how they differ.",
                )
            seen.setdefault(asked, (rule.id, rule.place))


def _what_it_counts(when: Any) -> list[str]:
    """Each kind of act of a plain condition on kinds; any other condition as it stands."""
    if entries(when).keys() == {"event"}:
        return [json.dumps({"event": [kind]}) for kind in texts(when["event"])]
    return [json.dumps(when, sort_keys=True, default=str)] if isinstance(when, dict) else []


def _act_said(asked: str) -> str:
    when = json.loads(asked)
    return f"every {when['event'][0]}" if "event" in when else "the same condition"


# ------------------------------------------------------------------ whole parts


def _what_we_do_not_look_for(sheet: Sheet) -> Iterator[Fault]:
    if "disqualifiers" in sheet.plain and not listed(sheet.plain["disqualifiers"]):
        advice = (
            "Name at least one: {id: student, why: studies, evidence: 0 of 63 won, when: {field: …, has_word: […]}}."
        )
        what = "It does not say what you are not looking for."
        yield Fault(("disqualifiers",), "error", "disqualifiers_missing", what, advice)


def _families(sheet: Sheet) -> Iterator[Fault]:
    used = {text(rule.rule.get("family")) for rule in sheet.rules() if rule.is_fit}
    for family in [name for name in get_args(Family) if name not in used and used]:
        what = f"No fit rule speaks of {family}."
        yield Fault(
            ("fit",), "warning", "family_unused", what, f"Add a rule with family: {family}, or agree to do without."
        )


def _elsewhere(sheet: Sheet) -> Iterator[Fault]:
    for name in entries(sheet.plain.get("captured_elsewhere")).keys() & sheet.around.captured:
        what = f"`{name}` is captured by a form or source already."
        yield Fault(("captured_elsewhere", name), "warning", "captured_twice", what, "Take it out here.")


def _crm(sheet: Sheet) -> Iterator[Fault]:
    known = sheet.captured
    for tool, mapping in entries(sheet.plain.get("crm")).items():
        targets: dict[str, str] = {}
        for name, target in entries(mapping).items():
            place: Place = ("crm", tool, name)
            if name not in known:
                what = f"`{name}` goes to {tool}, but nobody captures it."
                yield Fault(place, "error", "crm_field_unknown", what, one_of(known, name))
            if text(target) in targets:
                what = f"`{targets[text(target)]}` and `{name}` go to the same place in {tool}, so one is lost."
                yield Fault(place, "error", "crm_target_twice", what, f"Name another place than {target}.")
            targets.setdefault(text(target), name)


def _bant(sheet: Sheet) -> Iterator[Fault]:
    bant = entries(sheet.plain.get("bant"))
    for part in BANT:
        name = bant.get(part)
        if isinstance(name, str) and name not in sheet.captured:
            what = f"{part} is said to be in `{name}`, but nobody captures it, so no lead can become a prospect."
            advice = f"{one_of(sheet.captured, name)} Or add {name}: sales to captured_elsewhere."
            yield Fault(("bant", part), "error", "bant_incomplete", what, advice)
