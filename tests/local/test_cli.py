"""The command line: its help, its errors."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cli
from local.serve import Server


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("command", [[], ["serve"], ["demo"], ["replay"], ["definition"]])
def test_every_help_shows_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([*command, "--help"])

    assert f"example:\n  leadgate {' '.join(command)}".rstrip() in capsys.readouterr().out


def test_the_help_of_serve_says_that_iam_is_not_played(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["serve", "--help"])

    assert "needs an IAM signature in AWS" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [[], ["sever"], ["serve", "--port", "http"], ["replay"]])
def test_a_wrong_command_is_status_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(wrong)

    assert "usage: leadgate" in capsys.readouterr().err


def test_a_taken_port_is_one_clear_sentence_before_anything_is_started(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Server(0) as other:
        status = cli.main(["serve", "--port", str(other.server_port), "--log", str(tmp_path / "log")])

    assert status == 1
    assert f"leadgate: Port {other.server_port} of 127.0.0.1 is taken" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_replay_of_nothing_is_one_clear_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", "nowhere.jsonl"]) == 1
    assert capsys.readouterr().err == "leadgate: nowhere.jsonl cannot be read: No such file or directory.\n"


def test_a_replay_to_nobody_says_what_to_start(capsys: pytest.CaptureFixture[str], tmp_path: Path, nobody: str) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"path": "/v1/forms/newsletter"}')

    assert cli.main(["replay", str(path), "--url", nobody]) == 1
    assert "Does `leadgate serve` run there?" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_is_one_clear_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert cli.main(["serve", "--port", "0", "--quiet", "--log", str(tmp_path / "file" / "log")]) == 1
    assert "Choose another place: --log FILE" in capsys.readouterr().err


def test_a_taken_port_for_the_aws_is_one_clear_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with Server(0) as other:
        arguments = ["serve", "--quiet", "--port", "0", "--aws-port", str(other.server_port)]
        status = cli.main([*arguments, "--log", str(tmp_path / "log")])

    assert status == 1
    assert "is not free. Choose another one for the AWS: --aws-port" in capsys.readouterr().err
