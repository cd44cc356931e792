"""LinkedIn and Meta under one face: what the journeys of ad leads ask of bytes, whichever platform sent them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.domain.ad_lead import AdLead, Glance
from shared.domain.agreement import Agreement, Source
from shared.domain.definition import Definition
from shared.domain.lead import instant
from shared.sources import ad_lead, linkedin, meta
from shared.sources.platform_lead import PlatformLead

LINKEDIN = "linkedin"


@dataclass(frozen=True, slots=True)
class AdReader:
    """Keeps the Reader port for the sources of one agreement."""

    agreement: Agreement
    definition: Definition

    def glance(self, source: Source, lead: bytes) -> Glance:
        return linkedin.glance(lead) if source.platform == LINKEDIN else meta.glance(lead)

    def version(self, source: Source, form: bytes) -> str:
        return linkedin.form_version(form) if source.platform == LINKEDIN else ""

    def join(self, source: Source, lead: bytes, form: bytes | None) -> AdLead:
        read = self._read(source, lead, form)
        question = ad_lead.question(source, read, self.agreement, self.definition)
        acted_at = instant(read.submitted_at) if read.submitted_at else ""
        submission = replace(question.submission, acted_at=acted_at)
        return AdLead(replace(question, submission=submission), ad_lead.unwanted(source, read))

    def submission_key(self, platform: str, lead_id: str, submitted_ms: int) -> str:
        if platform == LINKEDIN:
            return linkedin.submission_key(lead_id, submitted_ms)
        return meta.submission_key(lead_id)

    def _read(self, source: Source, lead: bytes, form: bytes | None) -> PlatformLead:
        if source.platform == LINKEDIN:
            return linkedin.read_lead(lead, form, source.source_id)
        return meta.read_lead(lead, form, source.source_id, source.government_ids)
