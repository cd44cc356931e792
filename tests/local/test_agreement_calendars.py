"""The calendars are checked before they are compiled, and their zones do not depend on the machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from local import agreement, agreement_calendars
from local.agreement_calendars import ENDS, FIRST, compile_calendars, offsets, running_out


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        ("zone: Europe/Berlin", "zone: Europe/Bielefeld", "not in the IANA database"),
        ("zone: Europe/Berlin", "zone: ../zoneinfo/UTC", "not in the IANA database"),
        ("zone: Europe/Berlin", "zone: Europe", "not in the IANA database"),
        ("sat: [], sun: []", "sat: []", "name every day"),
        ('mon: ["09:00-18:00"]', 'mon: ["18:00-09:00"]', "one over midnight is two"),
        ('mon: ["09:00-18:00"]', 'mon: ["09:00-12:00", "12:00-18:00"]', "in order and apart"),
        ('mon: ["09:00-18:00"]', 'mon: ["9-18"]', "hours.mon"),
        ('mon: ["09:00-18:00"]', 'mon: ["09:00-24:30"]', "hours.mon"),
        ("2026-12-24: [", "2026-04-03: [", "closed, and with hours of its own"),
        ("05-01: Labour Day", "02-30: Nobody's Day", "day is out of range"),
        ("05-01: Labour Day", "5-1: Labour Day", "closed_every_year"),
        ("  2026-05-14: Ascension Day", "  Ascension: Ascension Day", "closed"),
        ("europe:", "Europe Office:", "calendars.yaml"),
        ("  closed:", "  surprise: 1\n  closed:", "surprise"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused_with_its_place(home: Path, old: str, new: str, advice: str) -> None:
    text = (home / "calendars.yaml").read_text("utf-8")
    assert old in text
    (home / "calendars.yaml").write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(ValueError, match=r"calendars\.yaml") as refused:
        compile_calendars(home)

    assert advice in str(refused.value)


def test_a_calendar_that_never_opens_is_refused(home: Path) -> None:
    closed = ", ".join(f"{day}: []" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    (home / "calendars.yaml").write_text(f"never:\n  zone: UTC\n  hours: {{{closed}}}\n", "utf-8")

    with pytest.raises(ValueError, match="never let anything become due"):
        compile_calendars(home)


def test_a_leap_day_may_be_a_holiday(home: Path) -> None:
    text = (home / "calendars.yaml").read_text("utf-8").replace("05-01: Labour Day", "02-29: Leap Day")
    (home / "calendars.yaml").write_text(text, "utf-8")

    assert "02-29" in compile_calendars(home)["europe"]["closed_every_year"]


@pytest.mark.parametrize(
    ("today", "warned"),
    [(date(2027, 7, 1), []), (date(2027, 7, 2), ["europe", "americas"]), (date(2028, 2, 1), ["europe", "americas"])],
)
def test_half_a_year_before_the_holidays_run_out_somebody_is_told(home: Path, today: date, warned: list[str]) -> None:
    found = list(running_out(compile_calendars(home), today))

    assert [one.split(": ")[2] for one in found] == warned
    assert all("listed to the end of 2027. Add those of 2028" in one for one in found)


def test_days_with_hours_of_their_own_are_no_holidays(home: Path) -> None:
    text = (home / "calendars.yaml").read_text("utf-8").replace("2026-12-31: [", "2028-12-31: [")
    (home / "calendars.yaml").write_text(text, "utf-8")

    assert len(list(running_out(compile_calendars(home), date(2027, 12, 1)))) == 2


def test_the_check_tells_on_standard_error_and_refuses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(agreement_calendars, "WARNED_BEFORE", timedelta(days=36500))

    code = agreement.main(["--check"])

    assert code == 0
    assert "warning: europe: holidays are listed to the end of" in capsys.readouterr().err


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
def test_the_compiled_offsets_are_those_of_the_zone_at_every_hour(zone: str) -> None:
    compiled = offsets(zone)
    with resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as pinned:
        rules = ZoneInfo.from_file(pinned)
    moment, piece = FIRST, 0

    while moment < min(ENDS, datetime(2030, 1, 1, tzinfo=UTC)):
        while piece + 1 < len(compiled) and compiled[piece + 1][0] <= moment.timestamp():
            piece += 1
        offset = moment.astimezone(rules).utcoffset()
        assert offset is not None
        assert compiled[piece][1] == offset.total_seconds(), moment
        moment += timedelta(hours=1)
