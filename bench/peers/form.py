"""The form as a pydantic model, shared by the peers that validate."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, HttpUrl

Short = Annotated[str, Field(max_length=200)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Fields(Strict):
    email: EmailStr
    first_name: Short = ""
    last_name: Short = ""
    company: Short = ""
    job_title: Short = ""
    company_size: Literal["1-10", "11-50", "51-200", "201-1000", "1001+"] | None = None
    industry: Short = ""
    timeframe: Short = ""
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = None
    phone: Annotated[str, Field(max_length=40)] = ""
    message: Annotated[str, Field(max_length=4000)] = ""


class Consents(Strict):
    mkt_email: bool = False
    mkt_phone: bool = False
    profiling: bool = False


class Context(Strict):
    page_url: HttpUrl | None = None
    referrer: HttpUrl | None = None
    utm_source: Short = ""
    utm_medium: Short = ""
    utm_campaign: Short = ""
    utm_term: Short = ""
    utm_content: Short = ""
    gclid: Annotated[str, Field(max_length=512)] = ""
    variant: Annotated[str, Field(max_length=64)] = ""
    time_on_page_s: Annotated[int, Field(ge=0)] | None = None
    scroll_depth_pct: Annotated[int, Field(ge=0, le=100)] | None = None


class Submission(Strict):
    submission_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{16,64}$")]
    notice: Literal["website-privacy@1"]
    fields: Fields
    consents: Consents
    context: Context
