"""The messages that leave Leadgate, as types: the source of docs/schemas and docs/asyncapi.yaml (`make contract`).

Used where messages are described and checked, never where they are made: what ships has no pydantic.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypeAliasType

ID = r"^[0-9a-f]{32}$"
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
RISES = "Rises with every write of the lead: keep the highest."

LeadId = TypeAliasType("LeadId", Annotated[str, Field(pattern=ID)])
Instant = TypeAliasType("Instant", Annotated[str, Field(pattern=INSTANT)])
Day = Annotated[
    str, AfterValidator(lambda day: date.fromisoformat(day).isoformat()), Field(json_schema_extra={"format": "date"})
]
Version = Annotated[int, Field(ge=1, description=RISES)]
Band = Annotated[str, Field(pattern=r"^[A-D][1-3]?$")]
Minutes = Annotated[int, Field(ge=1)]
BuyerStage = Literal["active", "starting", "not_ready"]
Channel = Literal["email", "phone", "sms", "autocall"]
Purpose = Literal["mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling"]


class Told(BaseModel):
    """Nothing more than what is described may leave; consumers ignore what they do not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Permission(Told):
    """As of the message; ask again before you write or call."""

    reply: bool = Field(description="You may answer the inquiry.")
    marketing: dict[Channel, Literal["yes", "no", "after_doi"]]
    expires: dict[Channel, Day | None]
    as_of: Instant


class Line(Told):
    """One rule's part of the score."""

    rule: str
    dimension: Literal["fit", "interest", "intent"]
    group: str
    points: float = Field(description="In tenths of a point.")
    worth: float = Field(description="What the acts would give if nothing limited them.")
    times: int = Field(ge=1)
    aged: float = Field(default=0, description="What age has left of the worth.")
    newest: Instant = Field(default="", description="When the last of the acts was.")
    how: str = Field(default="", description="How the acts lose weight, in words.")
    why: str
    limit: str | None = Field(description="What cut the points, if anything did.")


class IntentEvent(Told):
    """An act that asked for a conversation."""

    event_id: str
    kind: str
    at: Instant


class Promise(Told):
    """When the person must have heard from sales. `due_at` counts the opening hours of the queue's team only."""

    band: Band
    respond_within_minutes: Minutes
    due_at: Instant


class Broken(Promise):
    """The promise that nobody kept."""

    calendar: str
    opened_at: Instant


class Next(Told):
    """Who has the lead now."""

    queue: str
    owner_id: str | None
    sla: Promise


class Frequency(Told):
    """How often the person may be touched for the purpose."""

    touches: int = Field(ge=1)
    within_days: int = Field(ge=1)


class Enclosed(Told):
    """The person, encrypted with the stack's KMS key: Decrypt with the encryption context {lead_id, message_id: the
    message's id}. Inside is JSON with lead_id, version, stage, score, person, left_out and permission, all as of then.
    """

    as_of: Instant = Field(description="When it was read and encrypted; the permission in it is as old as that.")
    expires_at: Instant = Field(description="Do not open it later than that.")
    ciphertext: str | None = Field(description="base64; null when sales was not offered the lead.")


ENCLOSED: Any = Field(default=None, description="Only where the stack is told to enclose the person (docs/sales.md).")


class SalesQualified(Told):
    """Why this lead, what to do, by when, and what the person allowed."""

    lead_id: LeadId
    version: Version
    stage: Literal["sales_qualified"]
    score: float = Field(ge=0, description="The sum of the points in `explanation`, in tenths of a point.")
    cell: str = Field(pattern=r"^[A-D][1-3]$", description="Fit grade and engagement level.")
    explanation: list[Line] = Field(min_length=1)
    definition: str = Field(description="Version of the agreed lead definition.")
    persona: str = Field(description="The persona whose verdict counted.")
    sales_ready: bool
    sales_winnable: bool
    buyer_stage: BuyerStage
    intent_events: list[IntentEvent] = Field(min_length=1)
    permission: Permission
    owner: Literal["sales", "marketing"] = Field(description="The side that acts.")
    queue: str = Field(description="The queue of the routing that has the lead.")
    owner_id: str | None = Field(
        description="Who in sales has the lead, by the id of the routing; null while nobody of the queue was free: "
        "whoever takes it."
    )
    next_step: str
    sla: Promise
    enclosed: Enclosed = ENCLOSED

    @model_validator(mode="after")
    def _adds_up(self) -> SalesQualified:
        if round(10 * self.score) != sum(round(10 * line.points) for line in self.explanation):
            raise ValueError("the points of the explanation are not the score")
        return self


class PermissionChanged(Told):
    """What may be done with the lead from now on."""

    lead_id: LeadId
    version: Version
    stage: str = Field(description="`withdrawn` when nobody may contact or answer the person any more.")
    change: Literal["doi_confirmed", "consent_given", "consent_withdrawn", "objection", "sale_opt_out"]
    purposes: list[Purpose] = Field(description="What the act spoke of; empty for an opt-out of sale.")
    permission: Permission
    enclosed: Enclosed = ENCLOSED


class Erased(Told):
    """What to forget, and by when."""

    lead_id: LeadId
    version: int = Field(
        ge=2, description="Higher than that of every other message of the lead: what is older is void."
    )
    stage: Literal["erased"]
    reason: Literal["art17", "ccpa_delete", "platform", "retention", "test"] = Field(
        description="GDPR Art. 17, a deletion under the CCPA, a platform's order, the end of its time, or a test lead."
    )
    scope: Literal["all"]
    acknowledge_by: Annotated[Instant, Field(description="By when you should have forgotten it: seven days.")]


class SlaBreached(Told):
    """Who let the promise pass, and what becomes of the lead."""

    lead_id: LeadId
    version: Version
    crossing: int = Field(ge=1, description="Which offer of the lead it was.")
    kind: Literal["silence", "not_contacted"] = Field(
        description="Nobody answered, or it was accepted and then nobody contacted the person."
    )
    owner: str | None = Field(description="Who had the lead.")
    queue: str = Field(description="The queue that had the lead.")
    attempt: int = Field(ge=1)
    then: Literal["reroute", "fallback", "escalate"] = Field(
        description="Somebody else has it, the desk that always takes one has it, or the desk let it lie too."
    )
    sla: Broken
    next: Next | None = Field(description="Who has it now; null when it stays where it is.")
    enclosed: Enclosed = ENCLOSED


class NurtureEnrolled(Told):
    """The track that the lead is on from now on."""

    lead_id: LeadId
    version: Version
    step: Literal["enrolled", "left"]
    track: str | None = Field(description="null when it is on none any more: stop.")
    before: str | None = Field(description="The track until now.")
    reason: Literal["enrolled", "no_permission", "with_sales", "out", "no_track"] = Field(
        description="Why it is on this track, or on none any more."
    )
    buyer_stage: BuyerStage
    purpose: Purpose | None = Field(description="The permission that the track rests on.")
    frequency: Frequency | None = Field(description="null after `left`, and where none is agreed: then send nothing.")
    expires: Day | None = Field(description="The last day of the permission unless it is renewed; null: no end is set.")


class Envelope(Told):
    """CloudEvents 1.0 in structured JSON: the whole event is the body of the SQS message."""

    specversion: Literal["1.0"]
    id: str = Field(description="The same whenever the same thing is said: keep one per id.")
    type: str
    source: Literal["urn:leadgate"]
    subject: LeadId
    time: Instant
    datacontenttype: Literal["application/json"]
    dataschema: str
    data: Any

    @model_validator(mode="after")
    def _speaks_of_its_subject(self) -> Envelope:
        if self.data.lead_id != self.subject:
            raise ValueError("the subject is another lead than the one told about")
        return self


class LeadSalesQualified(Envelope):
    """A lead is offered to sales. CloudEvents 1.0 (structured JSON), no personal data in the clear: fetch the person
    with GET /v1/leads/{lead_id}. Ignore members that you do not know.
    """

    id: str = Field(
        description=Envelope.model_fields["id"].description, pattern=rf"{ID[:-1]}\.sales_qualified\.[1-9][0-9]*$"
    )
    type: Literal["lead.sales_qualified"]
    dataschema: Literal["urn:leadgate:schema:lead.sales_qualified:1"]
    data: SalesQualified


class LeadPermissionChanged(Envelope):
    """The person confirmed, changed or ended a permission. CloudEvents 1.0 (structured JSON), no personal data in the
    clear. It counts at once: keep the message with the highest version of a lead. Ignore members that you do not know.
    """

    id: str = Field(
        description=Envelope.model_fields["id"].description, pattern=rf"{ID[:-1]}\.permission_changed\.[1-9][0-9]*$"
    )
    type: Literal["lead.permission_changed"]
    dataschema: Literal["urn:leadgate:schema:lead.permission_changed:1"]
    data: PermissionChanged


class LeadErased(Envelope):
    """The lead was erased: delete everything that you hold about it, also what you fetched with
    GET /v1/leads/{lead_id} (which answers 410 from now on). CloudEvents 1.0 (structured JSON), no personal data. It is
    the last message of the lead: drop whatever comes after it. Ignore members that you do not know.
    """

    id: str = Field(description=Envelope.model_fields["id"].description, pattern=rf"{ID[:-1]}\.erased$")
    type: Literal["lead.erased"]
    dataschema: Literal["urn:leadgate:schema:lead.erased:1"]
    data: Erased


class LeadSlaBreached(Envelope):
    """Nobody in sales kept the promise to the person; `next` says who has the lead now. CloudEvents 1.0 (structured
    JSON), no personal data in the clear. Ignore members that you do not know.
    """

    id: str = Field(
        description=Envelope.model_fields["id"].description,
        pattern=rf"{ID[:-1]}\.sla_breached\.[1-9][0-9]*\.[1-9][0-9]*$",
    )
    type: Literal["lead.sla_breached"]
    dataschema: Literal["urn:leadgate:schema:lead.sla_breached:1"]
    data: SlaBreached


class LeadNurtureEnrolled(Envelope):
    """The nurture track of a lead changed. CloudEvents 1.0 (structured JSON), no personal data. Ask for the permission
    as of now before you write. Ignore members that you do not know.
    """

    id: str = Field(
        description=Envelope.model_fields["id"].description, pattern=rf"{ID[:-1]}\.nurture_enrolled\.[1-9][0-9]*$"
    )
    type: Literal["lead.nurture_enrolled"]
    dataschema: Literal["urn:leadgate:schema:lead.nurture_enrolled:1"]
    data: NurtureEnrolled


HAND_OFF: tuple[type[Envelope], ...] = (LeadSalesQualified, LeadPermissionChanged, LeadErased, LeadSlaBreached)
NURTURE: tuple[type[Envelope], ...] = (LeadNurtureEnrolled, LeadErased)
MESSAGES = {kind.model_fields["type"].annotation.__args__[0]: kind for kind in (*HAND_OFF, *NURTURE)}  # type: ignore[union-attr]  # a Literal of one word
