"""The form of a lead definition file: what may stand in it, and what each part must have.

Whether it makes sense is the linter's question (`leadgate definition lint`); here it is only whether it can be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, model_validator

from local.definition_file import shown
from local.definition_sheet import ACT, ANSWER, GATE
from local.plain_yaml import load
from local.reviewed import Name, Purpose, Reviewed, Slug, Text
from local.unusable import Unusable

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Days = Annotated[int, Field(ge=1, le=3650)]
Grade = Literal["A", "B", "C", "D"]
Journey = Literal["early", "middle", "late"]
Teaching = Literal["educational", "promotional"]
BuyerStage = Literal["active", "starting", "not_ready"]
Family = Literal["budget", "industry", "experience", "demographics", "firmographics", "need", "timeframe"]
Stage = Literal[
    "lead",
    "marketing_qualified",
    "sales_qualified",
    "sales_accepted",
    "prospect",
    "customer",
    "recycled",
    "lost",
    "disqualified",
]
JOINED = ("all_of", "any_of", "none_of")
TESTS = ("present", "is", "has_word", "at_least", "at_most", "matches")


class Signature(Reviewed):
    name: Text
    date: Day


class SignedOff(Reviewed):
    sales: Signature
    marketing: Signature


class ActionFile(Reviewed):
    direct_inquiry: bool


class EventFile(Reviewed):
    senders: Annotated[list[Literal["page", "server"]], Field(alias="from", min_length=1)]
    direct_inquiry: bool = False
    moves_to: Literal["sales_accepted"] | None = None


class ContentFile(Reviewed):
    title: Text
    journey: Journey
    kind: Teaching


class Tags(Reviewed):
    """Tags of content; at least one."""

    journey: Journey | None = None
    kind: Teaching | None = None

    @model_validator(mode="after")
    def says_something(self) -> Tags:
        if self.journey is None and self.kind is None:
            raise ValueError("name journey, kind or both")
        return self


class Answered(Reviewed):
    """A condition about an answer, an act or the address; exactly one kind, and one test where the kind needs one."""

    field: Name | None = None
    email_domain: Literal["business"] | list[Text] | None = None
    present: bool | None = None
    is_one_of: Annotated[list[Text] | None, Field(alias="is")] = None
    has_word: list[Text] | None = None
    at_least: int | None = None
    at_most: int | None = None
    matches: Text | None = None
    all_of: Annotated[list[Answered] | None, Field(alias="all", min_length=1)] = None
    any_of: Annotated[list[Answered] | None, Field(alias="any", min_length=1)] = None
    none_of: Annotated[Answered | None, Field(alias="not")] = None

    @model_validator(mode="after")
    def is_measurable(self) -> Answered:
        kinds = [name for name in self._kinds() if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a condition is exactly one of {', '.join(_written(name) for name in self._kinds())}")
        tests = [
            name
            for name in ("present", "is_one_of", "has_word", "at_least", "at_most", "matches")
            if getattr(self, name) is not None
        ]
        if len(tests) != self._tests_of(kinds[0]):
            raise ValueError("field needs one test: " + ", ".join(TESTS) + "; other kinds need none")
        if self.matches is not None:
            _compiles(self.matches)
        return self

    def _kinds(self) -> tuple[str, ...]:
        return (*ANSWER, *JOINED)

    def _tests_of(self, kind: str) -> int:
        return 1 if kind == "field" else 0


class Acted(Answered):
    """A condition about one act."""

    event: Annotated[list[Name] | None, Field(min_length=1)] = None
    context: Name | None = None
    content: Tags | None = None
    all_of: Annotated[list[Acted] | None, Field(alias="all", min_length=1)] = None  # type: ignore[assignment]  # narrower parts
    any_of: Annotated[list[Acted] | None, Field(alias="any", min_length=1)] = None  # type: ignore[assignment]  # narrower parts
    none_of: Annotated[Acted | None, Field(alias="not")] = None

    def _kinds(self) -> tuple[str, ...]:
        return (*ACT, *JOINED)

    def _tests_of(self, kind: str) -> int:
        return 1 if kind in ("field", "context") else 0


class Touches(Reviewed):
    rule: Slug
    at_least: Annotated[int, Field(ge=1, le=60)]
    over_weeks: Annotated[int, Field(ge=0, le=104)]
    before_inquiry: bool = False


class Times(Reviewed):
    rule: Slug
    at_least: Annotated[int, Field(ge=1)]
    within_days: Days | None = None


class Gate(Answered):
    """A condition about a judged lead."""

    score_at_least: Annotated[int | None, Field(ge=0)] = None
    interest_at_least: int | None = None
    intent_at_least: int | None = None
    fit_at_least: Grade | None = None
    points_in: Annotated[list[Name] | None, Field(min_length=1)] = None
    inquired: bool | None = None
    inquiry: Annotated[list[Name] | None, Field(min_length=1)] = None
    buyer_stage: Annotated[list[BuyerStage] | None, Field(min_length=1)] = None
    times: Times | None = None
    touches: Touches | None = None
    permission: Literal["marketing", "reply"] | Purpose | None = None
    last_content: Tags | None = None
    all_of: Annotated[list[Gate] | None, Field(alias="all", min_length=1)] = None  # type: ignore[assignment]  # narrower parts
    any_of: Annotated[list[Gate] | None, Field(alias="any", min_length=1)] = None  # type: ignore[assignment]  # narrower parts
    none_of: Annotated[Gate | None, Field(alias="not")] = None

    def _kinds(self) -> tuple[str, ...]:
        return (*GATE, *JOINED)


class Step(Reviewed):
    after_days: Days
    percent: Annotated[int, Field(ge=0, le=100)]


class Decay(Reviewed):
    half_life_days: Days | None = None
    linear_days: Days | None = None
    steps: Annotated[list[Step] | None, Field(min_length=1)] = None

    @model_validator(mode="after")
    def is_one_kind(self) -> Decay:
        if sum(kind is not None for kind in (self.half_life_days, self.linear_days, self.steps)) != 1:
            raise ValueError("a decay is one of half_life_days, linear_days, steps")
        return self


class FitRule(Reviewed):
    id: Slug
    family: Family
    group: Name
    points: int
    why: Text
    when: Answered


class EngagementRule(Reviewed):
    id: Slug
    dimension: Literal["interest", "intent"]
    group: Name
    points: int
    cap: int
    why: Text
    when: Acted
    once_per: Literal["day", "week"] | None = None
    window_days: Days | None = None
    decay: Decay | None = None

    @model_validator(mode="after")
    def cap_has_the_sign_of_its_points(self) -> EngagementRule:
        if (self.points > 0) != (self.cap > 0) or (self.points < 0) != (self.cap < 0):
            raise ValueError("cap and points have the same sign: what can happen again needs a cap")
        if self.points and abs(self.cap) > 60 * abs(self.points):
            raise ValueError("cap: at most 60 times the points, so that the state of a lead stays small")
        return self


class DisqualifierFile(Reviewed):
    id: Slug
    why: Text
    evidence: Text
    when: Answered


class Gates(Reviewed):
    marketing_qualified: Gate
    sales_qualified: Gate
    sales_ready: Gate
    sales_winnable: Gate


class OwnGates(Reviewed):
    marketing_qualified: Gate | None = None
    sales_qualified: Gate | None = None
    sales_ready: Gate | None = None
    sales_winnable: Gate | None = None


class PersonaFile(Reviewed):
    id: Slug
    name: Text
    fit: list[FitRule] = Field(default_factory=list)
    disqualifiers: list[DisqualifierFile] = Field(default_factory=list)
    minimum: Answered | None = None
    gates: OwnGates = OwnGates()
    fit_grades: dict[Grade, int] | None = None


class BuyerStages(Reviewed):
    active: Gate
    starting: Gate


class NextStep(Reviewed):
    when: Gate
    say: Text


class Outcome(Reviewed):
    action: Literal["queue", "nurture", "work", "keep", "reject"]
    owner: Literal["sales", "marketing"]
    next_step: Text
    next_steps: list[NextStep] = Field(default_factory=list)
    respond_within_minutes: (
        dict[Annotated[str, StringConstraints(pattern=r"^[A-D][1-3]?$")], Annotated[int, Field(ge=1, le=100_000)]]
        | None
    ) = None


class Frequency(Reviewed):
    touches: Annotated[int, Field(ge=1)]
    within_days: Days


class TrackFile(Reviewed):
    id: Slug
    buyer_stage: Annotated[list[BuyerStage], Field(min_length=1)]
    needs: Purpose
    content: Tags | None = None


class Nurture(Reviewed):
    frequency: dict[Purpose, Frequency]
    tracks: Annotated[list[TrackFile], Field(min_length=1)]


class Bant(Reviewed):
    budget: Name
    authority: Name
    need: Name
    timeline: Name


class DefinitionFile(Reviewed):
    """One version of the lead definition, as marketing and sales review it."""

    version: Text
    signed_off: SignedOff
    actions: Annotated[dict[Name, ActionFile], Field(min_length=1)]
    events: dict[Name, EventFile]
    content: dict[Slug, ContentFile]
    captured_elsewhere: dict[Name, Literal["sales", "enrichment"]] = Field(default_factory=dict)
    bant: Bant
    free_mail: list[Text]
    total_cap: Annotated[int, Field(ge=1, le=1000)]
    groups: dict[Name, Annotated[int, Field(ge=0)]]
    fit: Annotated[list[FitRule], Field(min_length=1)]
    engagement: Annotated[list[EngagementRule], Field(min_length=1)]
    fit_grades: dict[Grade, int]
    engagement_levels: dict[Literal["1", "2", "3"], int]
    minimum: Answered
    disqualifiers: list[DisqualifierFile]
    gates: Gates
    buyer_stage: BuyerStages
    personas: list[PersonaFile] = Field(default_factory=list)
    outcomes: dict[Stage, Outcome]
    nurture: Nurture
    crm: dict[Name, dict[Name, Text]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def speaks_of_known_things(self) -> DefinitionFile:
        """Only what the program could not run with; the linter says more."""
        own = [rule for persona in self.personas for rule in persona.fit]
        rules: list[FitRule | EngagementRule] = [*self.fit, *own, *self.engagement]
        ids = [rule.id for rule in rules]
        for rule in rules:
            if ids.count(rule.id) > 1:
                raise ValueError(f"rule {rule.id}: this id is used twice")
            if rule.group not in self.groups:
                raise ValueError(f"rule {rule.id}: unknown group {rule.group}")
        if set(self.fit_grades) != set("ABCD") or set(self.engagement_levels) != set("123"):
            raise ValueError("fit_grades names A to D, engagement_levels names 1 to 3")
        for stage in ("lead", "marketing_qualified", "sales_qualified"):
            if stage not in self.outcomes:
                raise ValueError(f"outcomes: {stage} is missing, so nobody would know what to do")
        return self


def _written(name: str) -> str:
    return {"all_of": "all", "any_of": "any", "none_of": "not", "is_one_of": "is"}.get(name, name)


def _compiles(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as wrong:
        raise ValueError(f"matches: no regular expression: {wrong}") from wrong


def compile_definitions(home: Path) -> dict[str, dict[str, Any]]:
    """All definitions by their id: `definition.yaml` is `default`, a business unit's is `definitions/<id>.yaml`."""
    names = ("default", *(path.stem for path in sorted((home / "definitions").glob("*.yaml"))))
    definitions = {name: read_definition(home / file_of(name)) for name in names}
    _stay_apart(definitions)
    return definitions


def file_of(definition_id: str) -> str:
    """Where a definition lies in the agreement's folder."""
    return "definition.yaml" if definition_id == "default" else f"definitions/{definition_id}.yaml"


def _stay_apart(definitions: Mapping[str, Mapping[str, Any]]) -> None:
    """A lead may come by forms of two definitions: its state tells their rules apart by the rules' ids."""
    seen: dict[str, str] = {}
    for name, one in definitions.items():
        own = [rule["id"] for rule in (*one["engagement"], *one["fit"])]
        for rule in [*own, *(rule["id"] for persona in one.get("personas", ()) for rule in persona.get("fit", ()))]:
            if seen.setdefault(rule, name) != name:
                raise ValueError(f"{file_of(name)}: rule {rule}: {file_of(seen[rule])} has a rule with this id")


def read_definition(path: Path) -> dict[str, Any]:
    """The checked content of one definition file as JSON data, without what it does not say; ValueError names the
    file and the field.
    """
    try:
        file = DefinitionFile.model_validate(load(path))
    except (ValueError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path.parent.name}/{path.name}: {wrong}") from wrong
    return file.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def definition_in(path: Path) -> dict[str, Any]:
    """The same of a file that somebody named in a command. Raises Unusable, which says where to read what is wrong."""
    try:
        return read_definition(path)
    except OSError as error:
        raise Unusable(f"{shown(path)} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Unusable(f"{shown(path)} is no definition: `leadgate definition lint {shown(path)}` says why.") from None
