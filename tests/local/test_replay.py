"""Recorded requests: what a file may hold, and how a wrong one is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.replay import Recorded, read, send
from local.unusable import Unusable


def a_file(folder: Path, text: str) -> Path:
    path = folder / "requests.jsonl"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("body", "sent"),
    [('"half {"', b"half {"), ('{"a": "\u00e4"}', '{"a": "\u00e4"}'.encode()), ("null", None), ("[1]", b"[1]")],
)
def test_text_is_sent_as_it_is_and_anything_else_as_json(tmp_path: Path, body: str, sent: bytes | None) -> None:
    path = a_file(tmp_path, f'{{"method": "POST", "path": "/x", "headers": {{"A": "b"}}, "body": {body}}}\n\n')

    assert read(path) == [Recorded("POST", "/x", {"A": "b"}, sent)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no request"),
        ("nonsense", "line 1 is not JSON"),
        ('{"path": "/x"}\n[]', "line 2 must be an object"),
        ('{"path": "/x", "verb": "GET"}', "line 1 must be an object with method, path, headers and body"),
        ('{"path": "x"}', "path must be text that starts with /"),
        ('{"method": 1, "path": "/x"}', "method must be text"),
        ('{"path": "/x", "headers": {"a": 1}}', "headers must be an object of texts"),
    ],
)
def test_a_wrong_file_is_explained_by_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        read(a_file(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"nowhere\.jsonl cannot be read: No such file"):
        read(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://"])
def test_a_wrong_address_is_explained(url: str) -> None:
    with pytest.raises(Unusable, match="write it like http"):
        send(url, Recorded("GET", "/"))


def test_an_address_where_nobody_answers_says_what_to_start(nobody: str) -> None:
    with pytest.raises(Unusable, match="leadgate serve"):
        send(nobody, Recorded("GET", "/"))
