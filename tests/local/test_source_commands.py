"""`leadgate source add` and `check`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from local import source_commands
from local.agreement import as_text, compile_agreement
from local.cli import parser
from local.source_options import PLATFORMS
from local.unusable import Unusable

ACCOUNTS = {
    "linkedin": ["--account", "urn:li:sponsoredAccount:99"],
    "meta": ["--account", "77"],
    "hubspot": ["--account", "99", "--form", "abc", "--origin", "https://www.example.com"],
    "salesforce": ["--account", "00D000000000009"],
}


def run(home: Path, *words: str) -> int:
    return source_commands.run(parser().parse_args(["source", *words, "--agreement", str(home)]))


def compiled(home: Path) -> None:
    (home / "compiled.json").write_text(as_text(compile_agreement(home)), "utf-8")


def secrets(home: Path, content: Any) -> str:
    path = home / "secrets.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_new_source_is_one_that_compiles_and_passes_its_check(
    home: Path, capsys: pytest.CaptureFixture[str], platform: str
) -> None:
    added = run(home, "add", "mine", "--platform", platform, *ACCOUNTS.get(platform, []))
    compiled(home)

    checked = run(home, "check", "mine")

    told = capsys.readouterr().out
    assert (added, checked) == (0, 0), told
    assert "ok  the compiled agreement holds it" in told


@pytest.mark.parametrize(
    ("platform", "address"),
    [
        ("linkedin", "/v1/webhooks/linkedin/mine"),
        ("meta", "/v1/webhooks/meta"),
        ("google", "/v1/webhooks/google/mine"),
        ("hubspot", "/submissions/v3/integration/submit/99/abc"),
        ("salesforce", "/servlet/servlet.WebToLead?encoding=UTF-8"),
        ("elementor", "/v1/sources/mine/submissions"),
    ],
)
def test_the_address_to_enter_is_printed(
    home: Path, capsys: pytest.CaptureFixture[str], platform: str, address: str
) -> None:
    url = "https://api.example.com/prod/"

    run(home, "add", "mine", "--platform", platform, "--url", url, *ACCOUNTS.get(platform, []))

    assert f"  https://api.example.com/prod{address}\n" in capsys.readouterr().out


def test_two_new_sources_get_two_secrets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "add", "one", "--platform", "google")
    run(home, "add", "two", "--platform", "google")

    lines = [line for line in capsys.readouterr().out.splitlines() if "google_key" in line]
    one, two = (line.split('["')[1].split('"]')[0] for line in lines)
    assert one != two
    assert min(len(one), len(two)) >= 43


def test_nothing_is_written_over_a_file_that_is_there(home: Path) -> None:
    before = (home / "sources" / "google-demo.yaml").read_text("utf-8")

    with pytest.raises(Unusable, match="is there already"):
        run(home, "add", "google-demo", "--platform", "google")

    assert (home / "sources" / "google-demo.yaml").read_text("utf-8") == before


@pytest.mark.parametrize("name", ["Bad Name", "../evil", "", "-x", "x" * 65])
def test_a_name_that_is_none_is_refused(home: Path, name: str) -> None:
    with pytest.raises(Unusable, match="is no name"):
        run(home, "add", f"{name}", "--platform", "google") if not name.startswith("-") else source_commands.run(
            parser().parse_args(["source", "add", "--platform", "google", "--agreement", str(home), "--", name])
        )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--platform", "linkedin"], "whose leads are these"),
        (["--platform", "meta", "--account", "urn:li:x"], "is no account of meta"),
        (["--platform", "google", "--action", "dance"], "is not in the catalogue"),
        (["--platform", "google", "--notice", "nothing@1"], "has no file"),
    ],
)
def test_a_file_that_would_be_refused_is_not_left_behind(home: Path, words: list[str], why: str) -> None:
    with pytest.raises(Unusable, match=why):
        run(home, "add", "mine", *words)

    assert not (home / "sources" / "mine.yaml").exists()


def test_without_a_notice_there_can_be_no_source(home: Path) -> None:
    shutil.rmtree(home / "notices")

    with pytest.raises(Unusable, match="There is no notice"):
        run(home, "add", "mine", "--platform", "google")


# ------------------------------------------------------------------ check


def test_a_source_that_was_not_compiled_does_not_count_yet(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "add", "mine", "--platform", "google")

    assert run(home, "check", "mine") == 1
    assert "!!  it is not in the compiled agreement yet" in capsys.readouterr().out


def test_a_source_that_was_changed_since_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "sources" / "google-demo.yaml"
    path.write_text(path.read_text("utf-8").replace("enabled: true", "enabled: false"), "utf-8")

    assert run(home, "check", "google-demo") == 1
    told = capsys.readouterr().out
    assert "an older state of it" in told
    assert "??  enabled: false" in told


def test_an_unknown_source_is_told_with_those_there_are(home: Path) -> None:
    with pytest.raises(Unusable, match=r"There is no sources/nobody.yaml .* google-demo"):
        run(home, "check", "nobody")


def test_a_map_that_reaches_nobody_is_wrong(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "sources" / "contact-form-7-demo.yaml"
    text = path.read_text("utf-8").replace("your-email: email, your-tel: phone, ", "")
    path.write_text(text, "utf-8")
    compiled(home)

    assert run(home, "check", "contact-form-7-demo") == 1
    assert "nobody can be reached" in capsys.readouterr().out


def test_a_box_that_nobody_looked_at_is_pointed_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "sources" / "hubspot-demo.yaml"
    path.write_text(path.read_text("utf-8").replace(', attested_on: "2026-11-01"', ""), "utf-8")
    compiled(home)

    run(home, "check", "hubspot-demo")

    assert "??  box mkt_email: without attested_on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "mark", "words"),
    [
        ({"google": {"google-demo": {"google_key": ["a key of some length"]}}}, "ok", "1 valid"),
        ({"google": {"google-demo": {"google_key": ["a key of some length", "the one before it"]}}}, "ok", "2 valid"),
        ({"google": {}}, "!!", "every post is refused"),
        ({}, "!!", "every post is refused"),
        ({"google": {"google-demo": {"google_key": ["a key of some length "]}}}, "!!", "ends with a space"),
        ({"google": {"google-demo": {"google_key": ["the same key again"] * 2}}}, "!!", "twice"),
        ({"google": {"google-demo": {"google_key": "short"}}}, "??", "shorter than 16"),
    ],
)
def test_the_secret_is_looked_at_and_never_shown(
    home: Path, capsys: pytest.CaptureFixture[str], content: Any, mark: str, words: str
) -> None:
    done = run(home, "check", "google-demo", "--secrets", secrets(home, content))

    told = capsys.readouterr().out
    assert done == (1 if mark == "!!" else 0)
    assert any(line.startswith(mark) and "google_key" in line and words in line for line in told.splitlines()), told
    assert "key of some length" not in told


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "are no JSON"), ("[]", "/ must be an object"), ({"google": 7}, "/google must be")],
)
def test_a_file_of_secrets_that_is_none_is_told(home: Path, content: Any, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        run(home, "check", "google-demo", "--secrets", secrets(home, content))


def test_a_file_of_secrets_that_is_not_there_is_told(home: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read"):
        run(home, "check", "google-demo", "--secrets", str(home / "nothing.json"))


def test_the_token_of_hubspots_secure_route_may_be_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(home, "check", "hubspot-demo", "--secrets", secrets(home, {}))

    assert done == 0
    assert "only the public route is open" in capsys.readouterr().out


def test_an_address_where_nobody_answers_is_told(home: Path, capsys: pytest.CaptureFixture[str], nobody: str) -> None:
    assert run(home, "check", "hubspot-demo", "--url", nobody) == 1
    assert "!!  Nothing useful answers" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["add", "check", "test"])
def test_every_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        parser().parse_args(["source", command, "--help"])

    assert "example:\n  leadgate s" in capsys.readouterr().out
