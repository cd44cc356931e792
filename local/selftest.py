"""One synthetic lead through every step of a stack, marked as a test, and erased again; every step is evidence.

A step says in a sentence what it saw, or raises `Wrong` with what it saw instead, or `NotSeen` where this stack does
not let it look. After the first wrong step the rest is not tried, but whatever was sent is erased all the same.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from local.gateway import HttpReply
from local.selftest_calls import Calls
from shared.domain.errors import LeadgateError

FORM = "demo-request"
MAILBOX = "success+{name}@simulator.amazonses.com"  # SES's own: a mail to it arrives nowhere and bounces never
HERE = "{name}@example.com"
ANSWERS = {
    "first_name": "Selftest",
    "job_title": "CTO",
    "company": "Leadgate Self-test",
    "company_size": "201-1000",
    "timeframe": "Now",
    "country": "DE",  # where a tick must be confirmed, so that the confirmation is walked too
}
MARK = "X-Leadgate-Test"
PAUSE_SECONDS = 0.5


class Wrong(LeadgateError):
    """A step did not go as it must; the text says what was seen."""


class NotSeen(LeadgateError):
    """This stack does not let us look there; the text says why."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of one step: `ok`, `wrong` or `not_seen`, what was seen, and how long it took."""

    step: str
    state: str
    told: str
    at: str
    seconds: float


@dataclass(slots=True)
class Trial:
    """The lead of one run and what is known of it by now."""

    calls: Calls
    patience: float
    name: str = field(default_factory=lambda: f"selftest-{secrets.token_hex(8)}")
    body: dict[str, Any] = field(default_factory=dict)
    receipt: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    heard: dict[str, dict[str, Any]] = field(default_factory=dict)
    lead_id: str = ""
    traces: int = 0

    @property
    def email(self) -> str:
        return (HERE if self.calls.where.is_local else MAILBOX).format(name=self.name)

    def lead(self) -> dict[str, Any]:
        status, plain = self.calls.signed("GET", f"/v1/leads/{self.lead_id}")
        _must(status == 200, f"GET of the lead was answered {status}")
        return plain


Step = Callable[[Trial], str]


def _must(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Wrong(otherwise)


def _plain(reply: HttpReply) -> dict[str, Any]:
    try:
        plain = json.loads(reply.body)
    except ValueError:
        raise Wrong(f"answered {reply.status} without JSON") from None
    return plain if isinstance(plain, dict) else {}


def _patiently(trial: Trial, look: Callable[[], Any], otherwise: str) -> Any:
    """What `look` finds within the patience of this run."""
    until = time.monotonic() + trial.patience
    while not (found := look()):
        _must(time.monotonic() < until, f"{otherwise} within {trial.patience:.0f} seconds")
        time.sleep(PAUSE_SECONDS)
    return found


# ------------------------------------------------------------------ in


def form_is_shown(trial: Trial) -> str:
    reply = trial.calls.public("GET", f"/v1/forms/{FORM}")
    _must(reply.status == 200, f"the form {FORM} was answered {reply.status}")
    shown = _plain(reply)
    known = {**ANSWERS, "email": trial.email, "last_name": trial.name}
    fields = {one["name"]: known[one["name"]] for one in shown["fields"] if one["name"] in known}
    boxes = [box["purpose"] for box in shown["boxes"]]
    trial.body = {
        "submission_id": trial.name,
        "notice": shown["notice"]["ref"],
        "fields": fields,
        "consents": {purpose: purpose != "mkt_phone" for purpose in boxes},
    }
    return (
        f"form {FORM} with {len(shown['fields'])} fields, {len(boxes)} boxes and the wording {shown['notice']['ref']}"
    )


def strangers_mark_is_refused(trial: Trial) -> str:
    forged = {MARK: f"not-{trial.name}"}
    reply = trial.calls.public("POST", f"/v1/forms/{FORM}/submissions", trial.body, forged)
    _must(reply.status == 403, f"a stranger's mark was answered {reply.status} and not 403")
    return "403: nobody hides a lead from sales by calling it a test"


def lead_is_taken(trial: Trial) -> str:
    reply = _submitted(trial)
    _must(reply.status == 202, f"the form was answered {reply.status} {_problem(reply)}")
    receipt = _plain(reply)
    trial.receipt = receipt
    given = {one["purpose"]: one["given"] for one in receipt["recorded"]["consents"]}
    _must(given == trial.body["consents"], "the receipt does not say what was ticked")
    wording = {one["wording_sha256"] for one in receipt["recorded"]["consents"]}
    ticks = ", ".join(purpose for purpose, is_given in given.items() if is_given)
    return f"202, receipt {receipt['receipt_id']}: {ticks}; wording {min(wording)[:12]}…"


def repeat_is_recognised(trial: Trial) -> str:
    reply = _submitted(trial)
    replayed = reply.status == 200 and reply.header("idempotency-replayed") == "true"
    _must(replayed, f"the same once more was answered {reply.status}, not 200 as a repeat")
    _must(_plain(reply)["receipt_id"] == trial.receipt["receipt_id"], "the repeat has another receipt")
    return "200, the same receipt"


def _submitted(trial: Trial) -> HttpReply:
    mark = {MARK: trial.calls.where.environment["LEADGATE_TEST_SECRET"]}
    return trial.calls.public("POST", f"/v1/forms/{FORM}/submissions", trial.body, mark)


def _problem(reply: HttpReply) -> str:
    return str(_plain(reply).get("type", "")).rpartition(":")[2]


# ------------------------------------------------------------------ out


def offer_is_on_the_queue(trial: Trial) -> str:
    offer = _said(trial, "test.sales_qualified")
    told = offer["data"]
    points = sum(line["points"] for line in told["explanation"])
    _must(points == told["score"], f"the points of the offer are {points} in sum, its score is {told['score']}")
    _must(bool(told["intent_events"]), "the offer names no act of the lead")
    _must(not _names(trial, offer), "the message names the person")
    return f"through outbox, stream and relay: cell {told['cell']}, score {told['score']}, and no name in it"


def score_is_explained(trial: Trial) -> str:
    lead = trial.lead()
    points = sum(line["points"] for line in lead["explanation"])
    _must(points == lead["score"], f"the points are {points} in sum, the score is {lead['score']}")
    _must(lead["person"].get("email") == trial.email, "the lead is somebody else")
    _must(lead["is_test"] is True, "the lead is not marked as a test")
    _must(lead["stage"] != "sales_qualified", "a test lead counts as sales qualified")
    return f"{len(lead['explanation'])} rules give {points} points; stage {lead['stage']}, marked as a test"


def sales_never_hears(trial: Trial) -> str:
    found = trial.calls.with_sales(trial.lead_id)
    if found is None:
        raise NotSeen("a look at the queue of sales would count as a receive there")
    _must(not found, f"the test lead is on {', '.join(found)}")
    return "the queues of sales and nurture hold nothing of it"


def consent_is_in_the_ledger(trial: Trial) -> str:
    if not trial.calls.sees_tables():
        raise NotSeen("set LEADS_TABLE, LEDGER_TABLE, NOTICES_TABLE and SUPPRESSIONS_TABLE to have it verified")
    count, findings = trial.calls.ledger(trial.lead_id)
    _must(count > 0, "the ledger has no entry of this lead")
    _must(not findings, f"the chain does not verify: {'; '.join(findings)}")
    return f"{count} {'entry' if count == 1 else 'entries'}, every hash recomputed, the chain ends where the lead says"


def tick_is_confirmed(trial: Trial) -> str:
    if trial.calls.links(trial.email) is None:
        raise NotSeen("the link is in a mail, and only a stack on this machine shows its mails")
    trial.links = _patiently(trial, lambda: trial.calls.links(trial.email), "no mail with a link came")
    reply = trial.calls.public("POST", f"/v1/confirm/{trial.links.get('confirm', '')}", b"act=confirm")
    _must(reply.status == 200, f"the confirmation was answered {reply.status}")
    may = trial.lead()["permission"]["marketing"]["email"]
    _must(may == "yes", f"after the confirmation marketing by e-mail is: {may}")
    _said(trial, "test.permission_changed")
    return "mail, link, one click: marketing by e-mail is allowed, and the queue of tests says so"


def page_event_counts(trial: Trial) -> str:
    way = trial.receipt.get("engagement") or {}
    _must(bool(way), "the receipt holds no token for events after the form")
    version = trial.lead()["version"]
    event = {"event_id": secrets.token_hex(16), "kind": "content_view", "context": {"content": "trends-report"}}
    path = urljoin(f"/v1/forms/{FORM}/submissions", way["url"])
    reply = trial.calls.public("POST", path, {"token": way["token"], "events": [event]})
    _must(reply.status == 202, f"the page's event was answered {reply.status} {_problem(reply)}")
    now = trial.lead()["version"]
    _must(now > version, "the page's event was taken and changed nothing")
    return f"a page read: version {version} became {now}"


def server_event_counts(trial: Trial) -> str:
    event = {"lead_id": trial.lead_id, "event_id": secrets.token_hex(16), "kind": "webinar_attended"}
    status, plain = trial.calls.signed("POST", "/v1/events", event)
    _must(status == 202 and plain.get("recorded") is True, f"the server's event was answered {status} {_why(plain)}")
    return "a webinar attended, signed: recorded"


def sales_answer_is_refused(trial: Trial) -> str:
    answer: dict[str, Any] = {"answer_id": secrets.token_hex(16), "kind": "contacted", "next_stage_interest": "yes"}
    answer |= {"actor": {"team": "sales", "id": "selftest"}}
    status, plain = trial.calls.signed("POST", f"/v1/leads/{trial.lead_id}/dispositions", answer)
    codes = [one["code"] for one in plain.get("errors", [])]
    _must(status == 409 and codes == ["test_lead"], f"an answer to a test lead got {status} {', '.join(codes)}")
    return "409 test_lead: the door is there, and a test moves no figure of sales"


def permission_is_withdrawn(trial: Trial) -> str:
    if "preferences" not in trial.links:
        raise NotSeen("the link is in a mail, and only a stack on this machine shows its mails")
    reply = trial.calls.public("POST", f"/v1/preferences/{trial.links['preferences']}", b"act=save")
    _must(reply.status == 200, f"the preference page answered {reply.status}")
    may = trial.lead()["permission"]["marketing"]["email"]
    _must(may == "no", f"after the withdrawal marketing by e-mail is: {may}")
    return "every box emptied: marketing by e-mail is forbidden"


def _why(plain: Mapping[str, Any]) -> str:
    return str(plain.get("reason") or plain.get("type", ""))


def _said(trial: Trial, kind: str) -> dict[str, Any]:
    """What the queue of tests says of our lead."""
    message: dict[str, Any] = _patiently(
        trial, lambda: _listen(trial).get(kind), f"no {kind} came to the queue of tests"
    )
    return message


def _listen(trial: Trial) -> dict[str, dict[str, Any]]:
    """Take off what is said of our lead, and leave what is another's."""
    for handle, message in trial.calls.heard():
        if _is_ours(trial, message):
            trial.lead_id = message["subject"]
            trial.heard[message["type"]] = message
            trial.calls.take_off(handle)
    return trial.heard


def _is_ours(trial: Trial, message: Mapping[str, Any]) -> bool:
    """The first message of a lead names nobody, so the lead itself is asked."""
    if trial.lead_id or message["type"] != "test.sales_qualified":
        return bool(message["subject"] == trial.lead_id)
    status, lead = trial.calls.signed("GET", f"/v1/leads/{message['subject']}")
    return status == 200 and lead["person"].get("email") == trial.email


def _names(trial: Trial, message: Mapping[str, Any]) -> bool:
    return trial.name in json.dumps(message)


# ------------------------------------------------------------------ away


def is_erased(trial: Trial) -> str:
    """By address: so it works whatever is known of the lead, and also when nothing is."""
    if trial.calls.sees_tables():
        trial.traces = len(trial.calls.places([trial.name]))
    told = _patiently(trial, lambda: _erased(trial), "the erasure is not done")
    (one,) = told if told else ({},)
    destroyed = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in one.get("destroyed", {}).items())
    return f"{one.get('state', 'nobody')}: {destroyed or 'nothing was stored'}"


def _erased(trial: Trial) -> Any:
    status, plain = trial.calls.signed("POST", "/v1/erasures", {"email": trial.email, "reason": "test"})
    _must(status in (200, 202, 503), f"the order to erase was answered {status} {_why(plain)}")
    erasures = plain.get("erasures", [])
    for one in erasures:
        trial.lead_id = trial.lead_id or one["lead_id"]
    return erasures or [{}] if status == 200 else None


def is_gone(trial: Trial) -> str:
    if not trial.lead_id:
        raise NotSeen("no lead came about")
    status, _ = trial.calls.signed("GET", f"/v1/leads/{trial.lead_id}")
    _must(status == 410, f"GET of the erased lead was answered {status} and not 410")
    return "410"


def queue_is_told_and_emptied(trial: Trial) -> str:
    if not trial.lead_id:
        raise NotSeen("no lead came about")
    _said(trial, "test.erased")
    return f"test.erased came; {len(trial.heard)} kinds of messages were taken off"


def nothing_is_left(trial: Trial) -> str:
    if not trial.calls.sees_tables():
        raise NotSeen("set LEADS_TABLE, LEDGER_TABLE, NOTICES_TABLE and SUPPRESSIONS_TABLE to have them searched")
    _must(
        trial.traces > 0 or not trial.lead_id, "nothing was found before the erasure either, so this look is no proof"
    )
    left = trial.calls.places([trial.name])
    _must(not left, f"still found in {'; '.join(left)}")
    return f"{trial.traces} traces before, none after"


WALK: Mapping[str, Step] = {
    "The form is shown": form_is_shown,
    "A stranger's test mark is refused": strangers_mark_is_refused,
    "The marked lead is taken": lead_is_taken,
    "The same once more is one lead": repeat_is_recognised,
    "The offer reaches the queue of tests": offer_is_on_the_queue,
    "Sales never hears of it": sales_never_hears,
    "The lead is shown, its score explained": score_is_explained,
    "The consent is in the ledger": consent_is_in_the_ledger,
    "The tick is confirmed by mail": tick_is_confirmed,
    "A page reports an event": page_event_counts,
    "A server reports an event": server_event_counts,
    "Sales' answer finds its door": sales_answer_is_refused,
    "The permission is withdrawn": permission_is_withdrawn,
}
AWAY: Mapping[str, Step] = {
    "The lead is erased": is_erased,
    "It is gone for good": is_gone,
    "The queue of tests is told and emptied": queue_is_told_and_emptied,
    "No trace is left": nothing_is_left,
}


def run(trial: Trial, told: Callable[[Evidence], None]) -> list[Evidence]:
    """All steps, each told when it is over. Whatever happens on the way, also a Ctrl-C, what was sent is erased."""
    found: list[Evidence] = []
    try:
        for evidence in _until_wrong(trial):
            found.append(evidence)
            told(evidence)
    finally:
        for name, step in AWAY.items():
            found.append(_taken(name, step, trial))
            told(found[-1])
    return found


def _until_wrong(trial: Trial) -> Iterator[Evidence]:
    for name, step in WALK.items():
        evidence = _taken(name, step, trial)
        yield evidence
        if evidence.state == "wrong":
            return


def _taken(name: str, step: Step, trial: Trial) -> Evidence:
    at, started = datetime.now(UTC), time.monotonic()
    try:
        state, told = "ok", step(trial)
    except NotSeen as unseen:
        state, told = "not_seen", str(unseen)
    except LeadgateError as wrong:
        state, told = "wrong", str(wrong)
    except (KeyError, TypeError, AttributeError, ValueError) as odd:
        state, told = "wrong", f"the answer has another shape than it must ({type(odd).__name__})"
    return Evidence(name, state, told, at.isoformat(timespec="milliseconds"), round(time.monotonic() - started, 3))
