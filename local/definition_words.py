"""Conditions and rules of a definition in the words of people who sell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Plain = Mapping[str, Any]
GRADES = "ABCD"
COUNTERS = {
    "time_on_page_s": "seconds on the page",
    "scroll_depth_pct": "percent of the page scrolled",
    "video_pct": "percent of the video watched",
    "form_fill_s": "seconds to fill in the form",
    "pages_viewed": "pages viewed",
    "visits": "visits",
}
PERMISSIONS = {
    "marketing": "we may send marketing on some channel",
    "reply": "we may answer",
    "mkt_email": "we may send marketing by e-mail",
    "mkt_sms": "we may send marketing by SMS",
    "mkt_phone": "we may call for marketing",
    "mkt_autocall": "we may call by machine for marketing",
    "share_3p": "we may share with others",
    "profiling": "we may judge what they do",
}


def any_of(names: Iterable[str], word: str = "or") -> str:
    """a, b or c."""
    *most, last = [str(name) for name in names] or ["nothing"]
    return f"{', '.join(most)} {word} {last}" if most else last


def a(said: str) -> str:
    """With its article."""
    return f"{'an' if said[:1] in 'aeiou' else 'a'} {said}"


def named(name: str) -> str:
    """job_title as `job title`."""
    return name.replace("_", " ").replace("-", " ")


def condition(when: Plain, holds: bool = True) -> str:
    """The condition as a statement that is true or not."""
    if "not" in when:
        return condition(when["not"], not holds)
    for name in ("all", "any"):
        if name in when:
            word = "and" if (name == "all") is holds else "or"
            parts = [condition(part, holds) for part in when[name]]
            return parts[0] if len(parts) == 1 else f"({f' {word} '.join(parts)})"
    return _single(when, holds)


def whole(when: Plain) -> str:
    """The condition without its outermost brackets."""
    told = condition(when)
    joined = "all" in when or "any" in when
    return told[1:-1] if joined and told.startswith("(") and told.endswith(")") else told


def _single(when: Plain, holds: bool) -> str:
    kind = next(kind for kind in WORDS if kind in when)
    told = WORDS[kind](when)
    return told if holds else f"not: {told}"


def _field(when: Plain) -> str:
    name = f"the {named(when['field'])}"
    if "present" in when:
        return f"{name} is {'given' if when['present'] else 'not given'}"
    if "has_word" in when:
        return f"{name} has the word {any_of(when['has_word'])}"
    if "is" in when:
        return f"{name} is {any_of(when['is'])}"
    if "at_least" in when:
        return f"{name} is {when['at_least']} or more"
    if "at_most" in when:
        return f"{name} is {when['at_most']} or less"
    return f"{name} matches the pattern {when['matches']}"


def _domain(when: Plain) -> str:
    wanted = when["email_domain"]
    return "the e-mail address is a company's" if wanted == "business" else f"the e-mail address is at {any_of(wanted)}"


def _context(when: Plain) -> str:
    name = COUNTERS.get(when["context"], named(when["context"]))
    if "is" in when:
        return f"{name} is {any_of(when['is'])}"
    if "at_most" in when:
        return f"{when['at_most']} or fewer {name}"
    return f"{when['at_least']} or more {name}"


def tags(wanted: Plain) -> str:
    """{journey: late, kind: promotional} as `promotional content for a late buyer`."""
    kind = f"{wanted['kind']} content" if "kind" in wanted else "content"
    return f"{kind} for {a(wanted['journey'])} buyer" if "journey" in wanted else kind


def _touches(when: Plain) -> str:
    wanted = when["touches"]
    before = ", all before the first inquiry" if wanted.get("before_inquiry") else ""
    weeks = f" over {wanted['over_weeks']} weeks or longer" if wanted["over_weeks"] else ""
    return f"{wanted['at_least']} or more touches by the rule {wanted['rule']}{weeks}{before}"


def _times(when: Plain) -> str:
    wanted = when["times"]
    within = f" within {wanted['within_days']} days" if "within_days" in wanted else ""
    return f"the rule {wanted['rule']} was met {wanted['at_least']} times or more{within}"


def _grade(when: Plain) -> str:
    grades = GRADES[: GRADES.index(when["fit_at_least"]) + 1]
    return f"the fit is {any_of(grades)}"


WORDS: Mapping[str, Callable[[Plain], str]] = {
    "event": lambda when: f"it is {a(any_of(map(named, when['event'])))}",
    "field": _field,
    "email_domain": _domain,
    "context": _context,
    "content": lambda when: f"it is about {tags(when['content'])}",
    "score_at_least": lambda when: f"the score is {when['score_at_least']} or more",
    "interest_at_least": lambda when: f"the interest is {when['interest_at_least']} or more",
    "intent_at_least": lambda when: f"the intent to buy is {when['intent_at_least']} or more",
    "fit_at_least": _grade,
    "points_in": lambda when: f"there are points for {any_of(map(named, when['points_in']))}",
    "inquired": lambda when: (
        "they asked for a conversation" if when["inquired"] else "they never asked for a conversation"
    ),
    "inquiry": lambda when: f"their latest inquiry is {a(any_of(map(named, when['inquiry'])))}",
    "buyer_stage": lambda when: f"the buyer is {any_of(map(named, when['buyer_stage']))}",
    "permission": lambda when: PERMISSIONS[when["permission"]],
    "times": _times,
    "touches": _touches,
    "last_content": lambda when: f"they last looked at {tags(when['last_content'])}",
}


def points(rule: Plain) -> str:
    """What a rule gives: `10 points of interest each time, 20 at most, for 365 days, halving every 90 days`."""
    number, cap = rule["points"], rule.get("cap", rule["points"])
    said = [f"{number or 'No'} point{'' if abs(number) == 1 else 's'}"]
    said[0] += f" of {rule['dimension']}" if "dimension" in rule else ""
    if "cap" in rule:
        said[0] += f" each {rule.get('once_per', 'time')}" if cap != number or not number else " once"
        said += [f"{cap} at {'most' if cap > 0 else 'worst'}"] if cap != number else []
    if "window_days" in rule:
        said.append(f"for {rule['window_days']} days")
    if "decay" in rule:
        said.append(decay(rule["decay"]))
    return ", ".join(said)


def decay(how: Plain) -> str:
    if "half_life_days" in how:
        return f"halving every {how['half_life_days']} days"
    if "linear_days" in how:
        return f"fading to nothing in {how['linear_days']} days"
    return any_of((f"{step['percent']} percent after {step['after_days']} days" for step in how["steps"]), "and")
