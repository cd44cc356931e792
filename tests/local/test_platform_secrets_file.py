"""`leadgate serve --secrets FILE`: what is wrong with the file is said before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import cli
from local.platform_secrets import BadSecrets, text_of
from tests.walk.platform_doors import SECRETS

SHIPPED = Path(__file__).resolve().parents[2] / "events" / "platform-secrets.json"


def a_file(folder: Path, text: str) -> Path:
    path = folder / "secrets.json"
    path.write_text(text, "utf-8")
    return path


def test_a_good_file_goes_into_the_secret_as_it_is(tmp_path: Path) -> None:
    text = json.dumps(SECRETS)

    assert text_of(a_file(tmp_path, text)) == text
    assert text_of(None) == ""


def test_the_shipped_file_for_sam_local_is_good() -> None:
    assert json.loads(text_of(SHIPPED)).keys() >= {"linkedin", "meta", "google"}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "/ must be an object"),
        ('{"meta": {"app_secret": ["very secret", 1]}}', "/meta/app_secret must be a text or a list of texts"),
        ('{"linkedin": {"acme": "very secret"}}', "/linkedin/acme must be an object"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_a_pattern(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, advice: str
) -> None:
    path = a_file(tmp_path, text)

    status = cli.main(["serve", "--port", "0", "--secrets", str(path)])

    said = capsys.readouterr().err
    assert status == 1
    assert advice in said
    assert '"client_secret": ["current", "previous"]' in said
    assert "very secret" not in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSecrets, match=r"nowhere\.json cannot be read"):
        text_of(tmp_path / "nowhere.json")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\xff\xfe{")

    with pytest.raises(BadSecrets, match="no JSON in UTF-8"):
        text_of(tmp_path / "raw")
