"""Checks of what follows from a definition: signatures, stages with their actions and times, nurture tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from pathlib import PurePath
from typing import Any, get_args

from local.agreement_definition import BuyerStage, Stage
from local.definition_file import Place, entries, text, texts, whole
from local.definition_lint_names import has_tags, one_of
from local.definition_sheet import Fault, Sheet

SIGNERS = ("sales", "marketing")
GRADES = ("A", "B", "C", "D")
DEFAULT = "default"


def faults(sheet: Sheet) -> Iterator[Fault]:
    stages = (_signatures, _signed_content, _outcomes, _time_to_answer)
    for check in (*stages, _tracks, _never_touched, _everybody_has_a_track, _every_permission_has_a_track, _shadowed):
        yield from check(sheet)


# ------------------------------------------------------------------ signatures


def definition_id(sheet: Sheet) -> str:
    """The definition's id by its file: definition.yaml is the default, definitions/<id>.yaml is <id>."""
    path = PurePath(sheet.source.name)
    return path.stem if path.parent.name == "definitions" else DEFAULT


def _signatures(sheet: Sheet) -> Iterator[Fault]:
    signed = entries(sheet.plain.get("signed_off"))
    for signer in SIGNERS:
        day = _day(entries(signed.get(signer)).get("date"))
        place: Place = ("signed_off", signer, "date")
        if day is None:
            if "date" in entries(signed.get(signer)):
                what = f"The date of {signer}'s signature is no date."
                yield Fault(place, "error", "signature_stale", what, 'Write it as "2026-11-20", in quotes.')
        elif day > sheet.around.today:
            what = f"{signer.capitalize()} signed on {day}, which is still to come."
            yield Fault(
                place,
                "error",
                "signature_stale",
                what,
                f"Write the day of the signature, {sheet.around.today} at the latest.",
            )
        else:
            yield from _older(sheet, place, signer, day)
    names = [text(entries(signed.get(signer)).get("name")).casefold() for signer in SIGNERS]
    if names[0] and names[0] == names[1]:
        what = "The same person signed for sales and for marketing."
        yield Fault(("signed_off",), "warning", "one_hand", what, "Let each side sign by somebody of its own.")


def _older(sheet: Sheet, place: Place, signer: str, day: date) -> Iterator[Fault]:
    """A new version needs a signature that is not older than the version before it, and of the year it names."""
    version, before = text(sheet.plain.get("version")), sheet.around.signed.get(definition_id(sheet), {})
    earlier = _day(entries(entries(before.get("signed_off")).get(signer)).get("date"))
    year = re.match(r"(\d{4})\b", version)
    if earlier and before.get("version") != version and day < earlier:
        what = f"{signer.capitalize()} signed on {day}, before version {before.get('version')} was signed ({earlier})."
    elif year and day.year < int(year[1]):
        what = f"{signer.capitalize()} signed on {day}, before the year of version {version}."
    else:
        return
    yield Fault(
        place, "error", "signature_stale", what, f"Let {signer} sign version {version} and write the day of it."
    )


def _signed_content(sheet: Sheet) -> Iterator[Fault]:
    """What was signed is what is in force: another content is another version."""
    before, version = sheet.around.signed.get(definition_id(sheet), {}), text(sheet.plain.get("version"))
    if before.get("version") == version and _without_signatures(before) != _without_signatures(sheet.plain):
        what = f"This is not what was signed as version {version}: something was changed since."
        advice = "Raise `version`, and let sales and marketing sign it (signed_off, with the day of the signature)."
        yield Fault(("version",), "error", "changed_after_signing", what, advice)


def _without_signatures(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in plain.items() if name != "signed_off" and _said(value)}


def _said(value: Any) -> Any:
    """A value without what says nothing: an absent `false`, an empty list."""
    if isinstance(value, dict):
        return {str(name): _said(inner) for name, inner in value.items() if _said(inner) not in (False, None, [], {})}
    if isinstance(value, list):
        return [_said(inner) for inner in value]
    return value.strip() if isinstance(value, str) else value


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        return None


# ------------------------------------------------------------------ outcomes


def _outcomes(sheet: Sheet) -> Iterator[Fault]:
    outcomes = entries(sheet.plain.get("outcomes"))
    for stage in get_args(Stage):
        if stage not in outcomes and "outcomes" in sheet.plain:
            advice = f"Add {stage}: {{action: …, owner: …, next_step: …}}."
            what = f"Nothing follows from the stage `{stage}`: no action, no owner, no next step."
            yield Fault(("outcomes",), "error", "outcome_missing", what, advice)
    for stage, outcome in outcomes.items():
        for name in ("action", "owner", "next_step"):
            if name in entries(outcome) and not text(outcome[name]).strip():
                what = f"The stage `{stage}` has an empty {name}."
                yield Fault(("outcomes", stage, name), "error", "outcome_missing", what, "Say it, or nobody will act.")


def _time_to_answer(sheet: Sheet) -> Iterator[Fault]:
    outcomes = entries(sheet.plain.get("outcomes"))
    if "sales_qualified" not in outcomes:
        return
    place: Place = ("outcomes", "sales_qualified", "respond_within_minutes")
    times = entries(entries(outcomes["sales_qualified"]).get("respond_within_minutes"))
    missing = [grade for grade in GRADES if whole(times.get(grade)) is None]
    if missing:
        what = f"Nobody has to answer a lead of grade {', '.join(missing)} in any time."
        advice = "Give every grade a time: respond_within_minutes: {A: 120, B: 240, C: 480, D: 1440}."
        yield Fault(place, "error", "sla_missing", what, advice)
    known = [(grade, minutes) for grade in GRADES if (minutes := whole(times.get(grade))) is not None]
    for (better, sooner), (worse, later) in pairwise(known):
        if sooner > later:
            what = f"Grade {better} is answered within {sooner} minutes, the worse grade {worse} within {later}."
            yield Fault((*place, better), "warning", "sla_upside_down", what, f"Write at most {later} for {better}.")


# ------------------------------------------------------------------ nurture


def _tracks(sheet: Sheet) -> Iterator[Fault]:
    asked = sheet.around.purposes
    frequency = entries(entries(sheet.plain.get("nurture")).get("frequency"))
    needed = [((*place, "needs"), track.get("needs")) for place, track in sheet.tracks()]
    for place, purpose in [*needed, *((("nurture", "frequency", name), name) for name in frequency)]:
        if isinstance(purpose, str) and purpose not in asked:
            what = f"No form asks for `{purpose}`, so nobody ever permits it."
            advice = f"{one_of(asked, purpose)} Or add a box for it to a form."
            yield Fault(place, "error", "purpose_not_asked", what, advice)


def _everybody_has_a_track(sheet: Sheet) -> Iterator[Fault]:
    """Nobody who is not with sales is dropped (B51): each buyer stage has a track without further conditions."""
    if "nurture" not in sheet.plain:
        return
    tracks = [track for _, track in sheet.tracks()]
    for stage in get_args(BuyerStage):
        if not any(stage in texts(track.get("buyer_stage")) and "content" not in track for track in tracks):
            what = f"Whoever is {stage} and fits no special track gets none."
            advice = f"Add a track with buyer_stage: [{stage}] and without content, at the end."
            yield Fault(("nurture", "tracks"), "error", "track_missing", what, advice)


def _never_touched(sheet: Sheet) -> Iterator[Fault]:
    """A purpose without an agreed frequency may not be used at all (`nurture.touch`)."""
    nurture = entries(sheet.plain.get("nurture"))
    agreed = entries(nurture.get("frequency"))
    for place, track in sheet.tracks() if "frequency" in nurture else ():
        purpose = text(track.get("needs"))
        if purpose in sheet.around.purposes and purpose not in agreed:
            what = f"Nobody on the track `{track.get('id')}` may ever be touched: `{purpose}` has no frequency."
            advice = f"Add {purpose}: {{touches: 3, within_days: 7}} to frequency."
            yield Fault((*place, "needs"), "error", "frequency_missing", what, advice)


def _every_permission_has_a_track(sheet: Sheet) -> Iterator[Fault]:
    """By each purpose with a frequency people are to be nurtured at every buyer stage, also when they allow no other.

    What `frequency` leaves out is not nurtured by: that is a decision.
    """
    tracks = [track for _, track in sheet.tracks() if "content" not in track]
    has_any = {stage for track in tracks for stage in texts(track.get("buyer_stage"))}
    for purpose in entries(entries(sheet.plain.get("nurture")).get("frequency")):
        theirs = [track for track in tracks if track.get("needs") == purpose]
        covered = {stage for track in theirs for stage in texts(track.get("buyer_stage"))}
        left = ", ".join(stage for stage in get_args(BuyerStage) if stage in has_any - covered)
        if left and purpose in sheet.around.purposes:
            what = f"Whoever is {left} and allows `{purpose}` alone fits no track that they allow."
            advice = f"Add a track with buyer_stage: [{left}] and needs: {purpose}, or take it out of frequency."
            place: Place = ("nurture", "frequency", purpose)
            yield Fault(place, "warning", "track_missing_for_permission", what, advice)


def _shadowed(sheet: Sheet) -> Iterator[Fault]:
    tracks = sheet.tracks()
    for index, (place, track) in enumerate(tracks):
        before = [other for _, other in tracks[:index] if _takes_all_of(other, track)]
        covered = {stage for other in before for stage in texts(other.get("buyer_stage"))}
        stages = set(texts(track.get("buyer_stage")))
        if stages and stages <= covered:
            names = ", ".join(sorted({str(other.get("id")) for other in before}))
            what = f"Nobody reaches the track `{track.get('id')}`: {names} takes everybody before it."
            yield Fault(place, "error", "track_unreachable", what, "Put it before, or make the earlier one narrower.")


def _takes_all_of(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    same_permission = earlier.get("needs") == later.get("needs")
    wider = has_tags(later.get("content"), earlier.get("content"))
    return same_permission and wider
