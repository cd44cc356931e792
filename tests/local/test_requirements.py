"""The page of requirements is made from the marks on the tests, and gaps show."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.requirements import Row, Shown, main, marked, page, rows

TESTS = """
import pytest

pytestmark = pytest.mark.requirement("A1b")


@pytest.mark.requirement("A9c", "B24a")
def test_two_personas_judge_one_lead():
    pass


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.requirement("C8"))])
def test_some_cases_show_more(n):
    pass


@pytest.mark.slow
def test_that_shows_nothing():
    pass
"""


def test_marks_are_read_from_tests_cases_and_files(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(TESTS)

    found = [(one.requirement, one.test) for one in marked(tmp_path / "tests")]

    assert found == [
        ("A1b", ""),
        ("A9c", "test_two_personas_judge_one_lead"),
        ("B24a", "test_two_personas_judge_one_lead"),
        ("C8", "test_some_cases_show_more"),
    ]


def test_a_row_without_a_test_shows_as_a_gap() -> None:
    table = {"Leads": [Row("A1", "M", "one"), Row("A2", "M", "two"), Row("A3", "I", "three")]}

    text = page(table, [Shown("A1", "tests/x/test_y.py", "test_one_is_shown")])

    assert "1 of 2 shown. Gaps: A2." in text
    assert "| A1 | **M** | one | one is shown ([test_y.py](../tests/x/test_y.py)) |" in text
    assert "| A2 | **M** | two | **gap** |" in text
    assert "| A3 | I | three | – |" in text


def test_a_mark_that_names_no_requirement_is_refused() -> None:
    with pytest.raises(ValueError, match=r"No such requirement: tests/test_y.py: Z9"):
        page({"Leads": [Row("A1", "M", "one")]}, [Shown("Z9", "tests/test_y.py", "test_z")])


def test_every_row_has_a_known_level_and_a_meaning_and_stands_once() -> None:
    every = [row for table in rows().values() for row in table]

    assert {row.level for row in every} == {"M", "S", "I"}
    assert all(len(row.meaning) > 10 for row in every)
    assert len({row.id for row in every}) == len(every) > 100


def test_the_page_of_requirements_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, "run `make requirements`"
    assert "fresh" in capsys.readouterr().out
