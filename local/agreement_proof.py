"""The reviewed files about proof: the budgets of agreement/proof.yaml and the texts of agreement/texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from local.reviewed import Reviewed, Text, read
from shared.domain.countries import ISO_3166_1
from shared.domain.text_message import faults_of


class LimitsFile(Reviewed):
    """At most so many within a window, and a pause after each."""

    at_most: Annotated[int, Field(ge=1, le=1000)]
    within_hours: Annotated[int, Field(ge=1, le=24 * 366)]
    pause_hours: Annotated[int, Field(ge=0, le=24 * 366)] = 0


class MailProof(Reviewed):
    per_mailbox: LimitsFile
    per_domain: LimitsFile


class TextProof(Reviewed):
    per_number: LimitsFile
    per_stack: LimitsFile
    countries: list[str]
    max_price_usd: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}\.[0-9]{2,8}$")]
    valid_hours: Annotated[int, Field(ge=1, le=72)]

    @field_validator("countries")
    @classmethod
    def are_countries(cls, countries: list[str]) -> list[str]:
        wrong = [country for country in countries if country not in ISO_3166_1]
        if wrong or len(countries) != len(set(countries)):
            raise ValueError(f"not a list of different ISO 3166-1 codes: {', '.join(wrong) or 'one is named twice'}")
        return countries


class ProofFile(Reviewed):
    mail: MailProof
    text: TextProof


class TextFile(Reviewed):
    """A text message in one language."""

    text_id: Literal["confirm"]
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    text: Text

    @model_validator(mode="after")
    def fits_into_one_part(self) -> TextFile:
        faults = faults_of(self.text)
        if faults:
            raise ValueError(f"the text: {'; '.join(faults)}")
        return self


def compile_proof(home: Path) -> dict[str, Any]:
    """`proof` and `texts` of the compiled agreement; there is a text in every language in which there are pages."""
    texts = [read(path, TextFile) for path in sorted((home / "texts").glob("*.yaml"))]
    spoken = {path.stem for path in (home / "pages").glob("*.yaml")}
    if {text["lang"] for text in texts} != spoken:
        raise ValueError(f"texts: a confirmation is needed in each of these languages: {', '.join(sorted(spoken))}")
    return {"proof": read(home / "proof.yaml", ProofFile), "texts": texts}
