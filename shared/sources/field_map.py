"""What each platform calls the questions that we have a name for.

LinkedIn by `predefinedField`, Meta by the question's `type` (its key is free for the author, and only a hint where the
form itself could not be read), Google by `column_id`, HubSpot by property, Salesforce Web-to-Lead by input name.
An empty cell means that the platform has no such question, or that its name is not documented anywhere we could read.
"""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS = ("canonical", "linkedin", "meta", "meta_key", "google", "hubspot", "web_to_lead")
ROWS: tuple[tuple[str, ...], ...] = (
    ("email", "EMAIL", "EMAIL", "email", "EMAIL", "email", "email"),
    ("work_email", "WORK_EMAIL", "WORK_EMAIL", "work_email", "WORK_EMAIL", "", ""),
    ("first_name", "FIRST_NAME", "FIRST_NAME", "first_name", "FIRST_NAME", "firstname", "first_name"),
    ("last_name", "LAST_NAME", "LAST_NAME", "last_name", "LAST_NAME", "lastname", "last_name"),
    ("full_name", "", "FULL_NAME", "full_name", "FULL_NAME", "", ""),
    ("phone", "PHONE_NUMBER", "PHONE", "phone_number", "PHONE_NUMBER", "phone", "phone"),
    ("work_phone", "WORK_PHONE_NUMBER", "WORK_PHONE_NUMBER", "work_phone_number", "WORK_PHONE", "", ""),
    ("company", "COMPANY_NAME", "COMPANY_NAME", "company_name", "COMPANY_NAME", "company", "company"),
    ("job_title", "JOB_TITLE", "JOB_TITLE", "job_title", "JOB_TITLE", "jobtitle", "title"),
    ("company_size", "COMPANY_SIZE", "", "", "COMPANY_SIZE", "numberofemployees", "employees"),
    ("seniority", "SENIORITY", "", "", "", "", ""),
    ("industry", "INDUSTRY", "", "industry", "", "industry", "industry"),
    ("country", "", "COUNTRY", "country", "COUNTRY", "country", "country"),
)
CANONICAL = tuple(row[0] for row in ROWS)


def _names(column: str) -> dict[str, str]:
    place = COLUMNS.index(column)
    return {row[place]: row[0] for row in ROWS if row[place]}


LINKEDIN: Mapping[str, str] = _names("linkedin")
META: Mapping[str, str] = _names("meta")
META_KEYS: Mapping[str, str] = _names("meta_key")
GOOGLE: Mapping[str, str] = _names("google")
HUBSPOT: Mapping[str, str] = _names("hubspot")
WEB_TO_LEAD: Mapping[str, str] = _names("web_to_lead")

# Google's columns and Meta's question types for identity cards and tax numbers, those of tomorrow included.
_GOVERNMENT_IDS = ("GOVERNMENT_ISSUED_ID_", "ID_")


def is_government_id(name: str) -> bool:
    """Whether a Google column or a Meta question type asks for a number that a state gave to the person."""
    return name.startswith(_GOVERNMENT_IDS)
