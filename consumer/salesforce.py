"""Leads into Salesforce: one Lead for each lead's id, and no consent is an opt-out.

Endpoints (REST API, sObject Rows by External ID): PATCH and DELETE /services/data/vXX.X/sobjects/Lead/{field}/{id}.
Make the field `Leadgate_Id__c` first: text of 32, External ID, unique. Our random id is the key, never the address: it
would be in the URL, and addresses ending in .inc are answered 404.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumer.crm import Caller, Fields, Refused, in_words, mapped
from consumer.reading import Work

OWN_ID, VERSION = "Leadgate_Id__c", "v61.0"
NOT_GIVEN = "[not given]"
LENGTHS = {"Email": 80, "FirstName": 40, "LastName": 80, "Company": 255, "Title": 128, "Phone": 40, "Country": 80}


@dataclass(frozen=True, slots=True)
class Salesforce:
    """Keeps Sink. `fields` is `crm.salesforce` of the definition."""

    call: Caller
    fields: Fields
    version: str = VERSION

    def keep(self, work: Work) -> None:
        """The Lead as it is now; 201 for a new one, 200 or 204 for a known one."""
        self.call("PATCH", self._row(work.lead_id), record(self.fields, work))

    def forget(self, lead_id: str) -> None:
        """To the recycle bin, which Salesforce empties after 15 days. Nobody there is fine."""
        try:
            self.call("DELETE", self._row(lead_id))
        except Refused as refused:
            if refused.status != 404:
                raise

    def _row(self, lead_id: str) -> str:
        return f"/services/data/{self.version}/sobjects/Lead/{OWN_ID}/{lead_id}"


def record(fields: Fields, work: Work) -> dict[str, Any]:
    """The fields of the Lead. Salesforce's opt-outs are false by default, so whoever did not say yes is opted out."""
    found, allowed = mapped(fields, work.lead["person"]), work.lead["permission"]["marketing"]
    short = {name: value[: LENGTHS.get(name)] for name, value in {**_required(work.lead["person"]), **found}.items()}
    said = in_words(work.told)
    return {
        **short,
        "HasOptedOutOfEmail": allowed["email"] != "yes",
        "DoNotCall": allowed["phone"] != "yes",
        **({"Description": said} if said else {}),
    }


def _required(person: Mapping[str, str]) -> dict[str, str]:
    """Salesforce takes no Lead without last name and company: the end of a whole name, or that it was not given."""
    *first, last = (person.get("name") or person.get("full_name") or "").split() or [NOT_GIVEN]
    names = {"FirstName": " ".join(first)} if first else {}
    return {**names, "LastName": last, "Company": NOT_GIVEN}
