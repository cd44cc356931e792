"""Check the reviewed files of `agreement/sources`: the platforms and forms of others that send us leads."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from local.reviewed import Box, Name, NoticeRef, Reviewed, Slug, Target, Text, read
from shared.domain.countries import ISO_3166_1
from shared.sources.field_map import CANONICAL
from shared.sources.marketing_context import TEXT_LENGTHS, URLS

# Names that mean something else in a submission.
TAKEN = re.compile(r"^(answer_.*|consent_.*|.*_ext|submission_id|notice)$")

PlatformId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[^/]+)*$", max_length=200)]
Platform = Literal["linkedin", "meta", "google", "hubspot", "salesforce", "typeform", "webflow", "generic"]

ACCOUNT = {
    "linkedin": r"urn:li:(sponsoredAccount|organization):[0-9]{1,20}",
    "meta": r"[0-9]{1,40}",
    "hubspot": r"[0-9]{1,20}",
    "salesforce": r"[0-9A-Za-z]{15,18}",
}
PROOF = {
    "linkedin": "signature",
    "meta": "signature",
    "google": "key",
    "hubspot": "none",
    "salesforce": "none",
    "typeform": "signature",
    "webflow": "signature",
}


class PlatformBoxFile(Box):
    form: str = ""
    consent_id: str = ""
    wording: str = ""
    attested_on: Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""

    @model_validator(mode="after")
    def is_one_box(self) -> PlatformBoxFile:
        if not self.wording and not (self.form and self.consent_id):
            raise ValueError(
                f"box {self.purpose}: give its exact wording, or the platform's form and the box's id there; "
                "an id alone is another box on another form"
            )
        return self


class BasisFile(Reviewed):
    legal_basis: Literal["contract", "legitimate_interest"]
    disclosure: Text
    version: Annotated[int, Field(ge=1)]
    valid_from: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class QuietAfterFile(Reviewed):
    usual_gaps: Annotated[int, Field(ge=2, le=100)] = 6
    at_least_hours: Annotated[int, Field(ge=1)] = 24
    at_most_hours: Annotated[int, Field(le=24 * 90)] = 24 * 7

    @model_validator(mode="after")
    def bounds_are_in_order(self) -> QuietAfterFile:
        if self.at_least_hours > self.at_most_hours:
            raise ValueError("quiet_after: at_least_hours is more than at_most_hours")
        return self


class SourceFile(Reviewed):
    """One source; see docs/platforms.md for what each member means."""

    source_id: Slug
    version: Annotated[int, Field(ge=1)]
    platform: Platform
    enabled: bool
    action: Name
    notice: NoticeRef
    accounts: list[PlatformId] = Field(default_factory=list)
    forms: list[PlatformId] = Field(default_factory=list)
    form_actions: dict[PlatformId, Name] = Field(default_factory=dict)
    lead_types: list[Literal["SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT"]] = Field(default_factory=list)
    fields: dict[Text, Name] = Field(default_factory=dict)
    boxes: list[PlatformBoxFile] = Field(default_factory=list)
    basis: BasisFile | None = None
    hidden: dict[Text, Name] = Field(default_factory=dict)
    campaigns: dict[PlatformId, Text] = Field(default_factory=dict)
    default_country: str | None = None
    tests: Literal["record", "ignore"] = "record"
    government_ids: bool = False
    quiet_after: QuietAfterFile = QuietAfterFile()
    proof: Literal["signature", "key", "header", "none"]
    proof_header: Annotated[str, StringConstraints(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")] = ""
    places: dict[Name, Pointer] = Field(default_factory=dict)
    allowed_origins: list[Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]] = Field(
        default_factory=list
    )
    return_urls: list[Annotated[str, StringConstraints(pattern=r"^https://[^\s\\]+$")]] = Field(default_factory=list)
    thanks_url: Target = "/thanks"
    sorry_url: Target = "/sorry"
    thanks_text: Text = "Thank you."

    @model_validator(mode="after")
    def names_its_accounts(self) -> SourceFile:
        form = ACCOUNT.get(self.platform)
        if form and not self.accounts:
            raise ValueError(f"accounts: whose leads are these? A {self.platform} source names its accounts")
        for account in self.accounts if form else ():
            if not re.fullmatch(form or "", account):
                raise ValueError(f"accounts: {account} is no account of {self.platform}")
        if self.lead_types and self.platform != "linkedin":
            raise ValueError("lead_types: only LinkedIn has them")
        return self

    @model_validator(mode="after")
    def proves_its_sender(self) -> SourceFile:
        expected = PROOF.get(self.platform, self.proof)
        if self.proof != expected:
            raise ValueError(f"proof: of {self.platform} it is {expected}")
        if self.platform == "generic" and self.proof not in ("header", "key"):
            raise ValueError(
                "proof: a builder that cannot sign sends a secret: header, or key (in the address) as last"
            )
        if self.return_urls and self.platform != "salesforce":
            raise ValueError("return_urls: only Web-to-Lead asks for one")
        if any(box.attested_on for box in self.boxes) and self.platform in ("linkedin", "meta", "google"):
            raise ValueError(f"attested_on: {self.platform} tells itself how its boxes look")
        if (self.proof == "header") != bool(self.proof_header):
            raise ValueError("proof_header: the header's name, with proof: header and only then")
        return self

    @model_validator(mode="after")
    def stands_on_something(self) -> SourceFile:
        if self.platform == "google" and (self.boxes or self.basis is None):
            raise ValueError("Google sends no consent: state `basis` and list no boxes, for no box was ticked")
        return self

    @model_validator(mode="after")
    def speaks_of_known_things(self) -> SourceFile:
        for ours in self.fields.values():
            if TAKEN.fullmatch(ours) and ours not in CANONICAL:
                raise ValueError(f"fields: {ours} means something else")
        for ours in self.hidden.values():
            if ours not in TEXT_LENGTHS and ours not in URLS:
                raise ValueError(f"hidden: {ours} is no name of the marketing context")
        if self.default_country and self.default_country not in ISO_3166_1:
            raise ValueError(f"default_country: {self.default_country} is no ISO 3166-1 code")
        if self.forms and not self.form_actions.keys() <= set(self.forms):
            raise ValueError("form_actions: a form that `forms` does not list")
        return self


def compile_sources(
    home: Path, actions: Container[str], notices: Mapping[str, Sequence[str]], form_ids: Container[str]
) -> list[dict[str, Any]]:
    """All sources as plain JSON data, or a ValueError that names the file and the member; `notices` maps each known
    notice to the third parties that it names.
    """
    sources = [read(path, SourceFile) for path in sorted((home / "sources").glob("*.yaml"))]
    for fault in faults_between(sources, actions, notices, form_ids):
        raise ValueError(fault)
    return sources


def faults_between(
    sources: Sequence[Mapping[str, Any]],
    actions: Container[str],
    notices: Mapping[str, Sequence[str]],
    form_ids: Container[str],
) -> Iterator[str]:
    """What is wrong between the sources and the rest of the agreement, naming the file and the member."""
    for source in sources:
        file = f"sources/{source['source_id']}.yaml"
        for action in (source["action"], *source["form_actions"].values()):
            if action not in actions:
                yield f"{file}: action: {action} is not in the catalogue"
        if source["notice"] not in notices:
            yield f"{file}: notice {source['notice']} has no file"
        elif not notices[source["notice"]] and any(box["purpose"] == "share_3p" for box in source["boxes"]):
            yield f"{file}: notice {source['notice']} names no third_parties for share_3p (GDPR Art. 13(1)(e))"
        if source["source_id"] in form_ids:
            yield f"{file}: source_id: a form has this name, and submission keys would meet"
    for one, other in combinations(sources, 2):
        if one["source_id"] == other["source_id"]:
            yield f"sources/{one['source_id']}.yaml: source_id: used twice"
        if _meet(one, other):
            yield f"sources/{other['source_id']}.yaml: accounts: {one['source_id']} takes the same forms"


def _meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Would a lead of one account's form belong to both? One that names forms goes before one that takes all."""
    if one["platform"] != other["platform"] or not set(one["accounts"]) & set(other["accounts"]):
        return False
    return bool(set(one["forms"]) & set(other["forms"])) or not (one["forms"] or other["forms"])
