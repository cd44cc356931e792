"""The sales consumer: what it finishes, what it leaves for later, what it forgets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest

from local.consumer import main, work

SESSION = boto3.Session("test", "test", region_name="us-east-1")
LEAD: dict[str, object] = {"person": {"email": "ada@example.com"}, "score": 95, "cell": "A1"}


class Api(BaseHTTPRequestHandler):
    """Answers with the status in the lead's id and remembers who signed."""

    signatures: list[str]

    def do_GET(self) -> None:
        self.server.signatures.append(self.headers["Authorization"])  # type: ignore[attr-defined]  # set by the fixture
        self.send_response(int(self.path.rpartition("/")[2]))
        self.end_headers()
        self.wfile.write(json.dumps(LEAD).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Api) as server:
        server.signatures = []  # type: ignore[attr-defined]  # read by the handler
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def a_message(status: str, version: int = 1) -> dict[str, object]:
    sla = {"due_at": "2026-11-02T10:15:30.120Z"}
    return {"lead_id": status, "version": version, "next_step": "Call", "sla": sla}


def worked(api: HTTPServer, message: dict[str, object], newest: dict[str, int]) -> bool:
    return work(SESSION, f"http://127.0.0.1:{api.server_port}", message, newest)


@pytest.mark.parametrize(("status", "finished"), [("200", True), ("410", True), ("404", False), ("503", False)])
def test_a_message_is_finished_when_the_lead_was_seen_or_is_gone(api: HTTPServer, status: str, finished: bool) -> None:
    assert worked(api, a_message(status), {}) is finished


def test_the_person_is_fetched_with_an_iam_signature_and_the_next_step_is_told(
    api: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    worked(api, a_message("200"), {})

    (signature,) = api.signatures  # type: ignore[attr-defined]  # set by the fixture
    assert "us-east-1/execute-api/aws4_request" in signature
    assert capsys.readouterr().out == "ada@example.com, score 95: Call by 2026-11-02T10:15:30.120Z\n"


def test_somebody_who_left_only_a_phone_number_is_told_too(
    api: HTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LEAD, "person", {"phone": "+33123456789"})

    assert worked(api, a_message("200"), {})
    assert capsys.readouterr().out == "+33123456789, score 95: Call by 2026-11-02T10:15:30.120Z\n"


def test_a_changed_permission_has_no_next_step_and_is_told_by_its_name(
    api: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert worked(api, {"lead_id": "200", "version": 2, "change": "consent_withdrawn"}, {})
    assert capsys.readouterr().out == "ada@example.com, score 95: consent_withdrawn\n"


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_or_equal_version_is_finished_without_a_look(api: HTTPServer, version: int) -> None:
    assert worked(api, a_message("200", version), {"200": 2})
    assert api.signatures == []  # type: ignore[attr-defined]  # set by the fixture


def test_without_a_ready_file_it_says_what_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--ready-file", "nowhere.json"])

    assert "start `leadgate serve --ready-file nowhere.json` first" in capsys.readouterr().err
