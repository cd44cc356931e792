"""docs/definition.md teaches with real outputs: every command on it is run, with the edits that it describes."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from local import cli
from local.definition_options import SHIPPED

PAGE = SHIPPED.parent.parent / "docs" / "definition.md"
TEXT = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL)


RULE = blocks("yaml")[0]
WITH_RULE = SHIPPED.read_text("utf-8").replace("  - {id: content, dim", f"{RULE}\n  - {{id: content, dim", 1)
WRONG = WITH_RULE.replace("group: pricing, points: 10", "group: prices, points: 10")
SIGNED = re.sub(r'date: "\d{4}-\d{2}-\d{2}"', 'date: "2026-11-22"', WITH_RULE)
SIGNED = re.sub(r'^version: ".*"$', 'version: "2026.3"', SIGNED, count=1, flags=re.MULTILINE)
COMMANDS = [block for block in blocks("console") if block.startswith("$ leadgate")]
DRAFTS = [WRONG, SIGNED, SIGNED, SIGNED, WITH_RULE, SIGNED]


@pytest.mark.requirement("A23b", "A9b")
@pytest.mark.parametrize("number", range(len(DRAFTS)))
def test_every_command_of_the_page_prints_what_the_page_says(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agreement").mkdir()
    shutil.copy(SHIPPED, tmp_path / "agreement" / "definition.yaml")
    (tmp_path / "draft.yaml").write_text(DRAFTS[number], "utf-8")
    (tmp_path / "lead.json").write_text(blocks("json")[0], "utf-8")
    command, _, expected = COMMANDS[number].partition("\n")

    cli.main(shlex.split(command)[2:])

    assert capsys.readouterr().out.rstrip() == expected


def test_the_page_has_no_command_that_nobody_runs() -> None:
    assert len(COMMANDS) == len(DRAFTS)
