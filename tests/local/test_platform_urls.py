"""The file that names other servers than the platforms' own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.platform_urls import BadUrls, read


def a_file(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "urls.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_no_file_names_no_servers() -> None:
    assert read(None) == {}


def test_each_platform_becomes_the_variable_that_the_worker_reads(tmp_path: Path) -> None:
    urls = {"linkedin": "http://127.0.0.1:9001/", "meta": "https://graph.example.com/v1"}

    assert read(a_file(tmp_path, urls)) == {
        "LINKEDIN_URL": "http://127.0.0.1:9001",
        "META_URL": "https://graph.example.com/v1",
    }


def test_one_platform_is_enough(tmp_path: Path) -> None:
    assert read(a_file(tmp_path, {"meta": "http://localhost:1"})) == {"META_URL": "http://localhost:1"}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[]", "no JSON object"),
        ("{", "no JSON object"),
        ({"tiktok": "https://example.com"}, "tiktok"),
        ({"meta": "http://169.254.169.254"}, "address of meta"),
        ({"meta": "https://[::1"}, "address of meta"),
        ({"meta": 1}, "address of meta"),
        ({"linkedin": ""}, "address of linkedin"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, content: object, word: str) -> None:
    with pytest.raises(BadUrls, match=word):
        read(a_file(tmp_path, content))


def test_a_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BadUrls, match="cannot be read"):
        read(tmp_path / "none.json")
