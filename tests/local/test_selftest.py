"""`leadgate selftest` against the whole local stack: whole, with each step broken on purpose, and interrupted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local import selftest
from local.cli import Stopped, main
from local.gateway import HttpReply
from local.selftest import AWAY, WALK, Evidence, Trial
from local.selftest_calls import Calls, of_account, of_ready
from local.unusable import Unusable
from tests.support.stack import START_SECONDS, Running, a_process, serving

STEPS = [*WALK, *AWAY]
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("stack")) as started:
        yield started


class Broken(Calls):
    """The stack with one fault, planted where the self-test meets it: `spoil` gets an answer and makes another."""

    def __init__(self, running: Running, call: str, path: str, spoil: Callable[[Any], Any]) -> None:
        super().__init__(of_ready(running.ready))
        self.call, self.path, self.spoil = call, path, spoil

    def public(self, method: str, path: str, *more: Any) -> HttpReply:
        reply = super().public(method, path, *more)
        return self._spoilt("public", f"{method} {path} {reply.status}", reply)

    def signed(self, method: str, path: str, *more: Any) -> tuple[int, dict[str, Any]]:
        answer = super().signed(method, path, *more)
        return self._spoilt("signed", f"{method} {path} {answer[0]}", answer)

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        return self._spoilt("heard", "", super().heard())

    def links(self, email: str) -> dict[str, str] | None:
        return self._spoilt("links", "", super().links(email))

    def with_sales(self, lead_id: str) -> list[str] | None:
        return self._spoilt("with_sales", "", super().with_sales(lead_id))

    def ledger(self, lead_id: str) -> tuple[int, list[str]]:
        return self._spoilt("ledger", "", super().ledger(lead_id))

    def places(self, wanted: Any) -> list[str]:
        return self._spoilt("places", "", super().places(wanted))

    def _spoilt(self, call: str, what: str, answer: Answer) -> Answer:
        spoilt: Answer = self.spoil(answer) if call == self.call and self.path in what else answer
        return spoilt


def walked(calls: Calls, patience: float = 20) -> list[Evidence]:
    return selftest.run(Trial(calls, patience), lambda _: None)


def wrong_in(found: list[Evidence]) -> list[str]:
    return [one.step for one in found if one.state == "wrong"]


@pytest.mark.requirement("F36")
def test_all_steps_of_a_healthy_stack_go_well_and_sales_hears_nothing(running: Running, capfd: Any) -> None:
    code = main(["selftest", "--ready-file", str(running.ready_file), "--json"])
    told = json.loads(capfd.readouterr().out)

    assert [(one["step"], one["state"]) for one in told["steps"]] == [(step, "ok") for step in STEPS]
    assert (code, told["ok"]) == (0, True)
    assert all(one["seconds"] >= 0 and one["at"].endswith("+00:00") for one in told["steps"])
    assert Calls(of_ready(running.ready)).with_sales(told["lead_id"]) == []


def with_status(status: int) -> Callable[[Any], Any]:
    return lambda answer: replace(answer, status=status) if isinstance(answer, HttpReply) else (status, answer[1])


def with_member(**changed: Any) -> Callable[[Any], Any]:
    return lambda answer: (answer[0], {**answer[1], **changed})


def without(kind: str) -> Callable[[Any], Any]:
    return lambda heard: [one for one in heard if one[1]["type"] != kind]


def told_of(kind: str, **changed: Any) -> Callable[[Any], Any]:
    def spoil(heard: Any) -> Any:
        spoilt = [(handle, {**one, "data": {**one["data"], **changed}}) for handle, one in heard if one["type"] == kind]
        return spoilt + [one for one in heard if one[1]["type"] != kind]

    return spoil


SUBMIT, LEAD = "POST /v1/forms/demo-request/submissions", "GET /v1/leads/"
FAULTS = {
    "The form is shown": ("public", "GET /v1/forms/", with_status(404)),
    "A stranger's test mark is refused": ("public", f"{SUBMIT} 403", with_status(202)),
    "The marked lead is taken": ("public", f"{SUBMIT} 202", with_status(503)),
    "The same once more is one lead": ("public", f"{SUBMIT} 200", with_status(202)),
    "The offer reaches the queue of tests": ("heard", "", told_of("test.sales_qualified", score=-1)),
    "Sales never hears of it": ("with_sales", "", lambda _: ["HandOffQueue"]),
    "The lead is shown, its score explained": ("signed", f"{LEAD}", with_member(score=-1)),
    "The consent is in the ledger": ("ledger", "", lambda found: (found[0], ["the body was edited"])),
    "The tick is confirmed by mail": ("public", "POST /v1/confirm/", with_status(410)),
    "A page reports an event": ("public", "POST /v1/engagement", with_status(500)),
    "A server reports an event": ("signed", "POST /v1/events", with_member(recorded=False, reason="unknown_lead")),
    "Sales' answer finds its door": ("signed", "/dispositions", lambda _: (200, {})),
    "The permission is withdrawn": ("public", "POST /v1/preferences/", with_status(503)),
    "The lead is erased": ("signed", "POST /v1/erasures", with_status(403)),
    "It is gone for good": ("signed", f"{LEAD}", lambda answer: (404, {}) if answer[0] == 410 else answer),
    "The queue of tests is told and emptied": ("heard", "", without("test.erased")),
    "No trace is left": ("places", "", lambda found: found or ["LeadsTable P#… / LEAD"]),
}


def test_every_step_has_its_fault() -> None:
    assert list(FAULTS) == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_broken_is_named_and_the_lead_is_erased_all_the_same(step: str, running: Running) -> None:
    broken = Broken(running, *FAULTS[step])

    found = walked(broken, patience=2)

    assert wrong_in(found)[0] == step
    assert [one.step for one in found][-len(AWAY) :] == list(AWAY)
    if step in WALK:
        assert wrong_in(found) == [step]
        assert found[-len(AWAY)].state == "ok"


def test_an_answer_of_another_shape_is_a_wrong_step_and_no_traceback(running: Running) -> None:
    broken = Broken(running, "public", "GET /v1/forms/", lambda reply: replace(reply, body=b"[]"))

    found = walked(broken)

    assert wrong_in(found) == ["The form is shown"]
    assert "another shape" in found[0].told


def test_an_interruption_on_the_way_leaves_nothing_behind(running: Running) -> None:
    def stop(_reply: Any) -> Any:
        raise Stopped

    told: list[Evidence] = []
    trial = Trial(Broken(running, "public", f"{SUBMIT} 200", stop), 20)

    with pytest.raises(Stopped):
        selftest.run(trial, told.append)

    assert [one.step for one in told][-len(AWAY) :] == list(AWAY)
    assert wrong_in(told) == []
    assert Calls(of_ready(running.ready)).places([trial.name]) == []


def test_a_stack_that_shows_no_tables_and_no_mails_says_what_it_did_not_look_at(running: Running) -> None:
    here = of_ready(running.ready)
    few = {name: value for name, value in here.environment.items() if not name.endswith("_TABLE")}
    calls = Calls(replace(here, environment=few, is_local=False))

    found = walked(calls)

    unseen = [one.step for one in found if one.state == "not_seen"]
    assert wrong_in(found) == []
    assert unseen == [
        "Sales never hears of it",
        "The consent is in the ledger",
        "The tick is confirmed by mail",
        "The permission is withdrawn",
        "No trace is left",
    ]


def test_two_self_tests_at_once_take_only_their_own_messages(running: Running) -> None:
    one, other = (Trial(Calls(of_ready(running.ready), hidden_seconds=2), 30) for _ in range(2))
    for trial in (one, other):
        selftest.form_is_shown(trial)
        selftest.lead_is_taken(trial)

    first = selftest.offer_is_on_the_queue(one)
    second = selftest.offer_is_on_the_queue(other)

    assert "cell A1" in first
    assert "cell A1" in second
    assert one.lead_id != other.lead_id
    for trial in (one, other):
        assert [selftest._taken(name, step, trial).state for name, step in AWAY.items()] == ["ok"] * len(AWAY)


def test_the_secret_and_the_queue_must_be_named_for_a_deployed_stack() -> None:
    with pytest.raises(Unusable, match="LEADGATE_TEST_SECRET and SELF_TEST_QUEUE_URL"):
        of_account("https://api.example.com/prod", {})


def test_a_file_that_is_no_ready_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ready.json"

    missing = main(["selftest", "--ready-file", str(path)])
    path.write_text("[")
    odd = main(["selftest", "--ready-file", str(path)])
    path.write_text("{}")
    empty = main(["selftest", "--ready-file", str(path)])

    assert (missing, odd, empty) == (1, 1, 1)
    assert "cannot be read" in capsys.readouterr().err


def test_the_queue_of_sales_is_empty_after_all_of_it(running: Running) -> None:
    sqs = Calls(of_ready(running.ready))._sqs()
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    asked = sqs.send("GetQueueAttributes", {"QueueUrl": running.ready["hand_off_queue_url"], "AttributeNames": names})

    assert set(asked["Attributes"].values()) == {"0"}


def test_by_itself_it_starts_a_stack_and_takes_it_away(tmp_path: Path) -> None:
    process = a_process(tmp_path, "selftest")

    told, _ = process.communicate(timeout=START_SECONDS)

    assert process.returncode == 0, told
    assert told.count("✔") == len(STEPS)
    assert "All is well" in told
    assert list((tmp_path / "tmp").iterdir()) == []
