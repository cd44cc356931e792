"""What the file of a source says about boxes whose platform does not tell how they look (`attested_on`)."""

from __future__ import annotations

from dataclasses import replace

from shared.domain.agreement import Source
from shared.sources.mapped_form import ticked_boxes
from shared.sources.platform_lead import PlatformConsent, PlatformLead, in_order

REMARK = "box_attested"


def with_boxes_among_answers(lead: PlatformLead, source: Source) -> PlatformLead:
    """The ticks of a Web-to-Lead page arrive as custom inputs: here they become boxes."""
    ticks = {box.consent_id for box in source.boxes if box.consent_id}
    others = tuple(one for one in lead.answers if one.question not in ticks)
    return replace(lead, answers=others, consents=(*lead.consents, *ticked_boxes(list(lead.answers), source)))


def attested(lead: PlatformLead, source: Source) -> PlatformLead:
    """The lead with what one of us saw on the page; what the platform itself says is never overruled."""
    consents = tuple(_attested(one, lead.form_id, source) for one in lead.consents)
    remarks = (REMARK,) if consents != lead.consents else ()
    return replace(lead, consents=consents, remarks=in_order((*lead.remarks, *remarks)))


def _attested(one: PlatformConsent, form_id: str, source: Source) -> PlatformConsent:
    box = source.purpose_of(form_id, one.consent_id, one.wording)
    if box is None or not box.attested_on:
        return one
    return replace(
        one,
        required=False if one.required is None else one.required,
        prechecked=False if one.prechecked is None else one.prechecked,
    )
