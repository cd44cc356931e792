"""Where the commands find their stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import where
from local.unusable import Unusable

TOLD = {"aws_endpoint_url": "u", "region": "r", "aws_access_key_id": "k", "aws_secret_access_key": "s"}


def test_what_a_ready_file_tells_comes_under_the_functions_names(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text(json.dumps({**TOLD, "leads_table": "t", "test_secret": "x"}), "utf-8")

    found = where.read(path).environment(("LEADS_TABLE", "LEADGATE_TEST_SECRET"))

    assert found == {
        "AWS_ENDPOINT_URL": "u",
        "AWS_REGION": "r",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "LEADS_TABLE": "t",
        "LEADGATE_TEST_SECRET": "x",
    }


def test_a_ready_file_of_an_older_stack_is_told_by_what_it_lacks() -> None:
    with pytest.raises(Unusable, match="names no seal_key_id"):
        where.Ready(TOLD).environment(("SEAL_KEY_ID",))


def test_an_account_is_told_everything_that_is_missing() -> None:
    with pytest.raises(Unusable, match="Set B, C "):
        where.of_account(("A", "B", "C"), {"A": "there", "C": ""})
