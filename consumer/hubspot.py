"""Leads into HubSpot: contacts by address, the lead's id beside it, consent as HubSpot's subscription.

Endpoints (developers.hubspot.com, CRM API v3): POST /crm/v3/objects/contacts/batch/upsert, which has the address in its
body and not in its path; POST /communication-preferences/v3/subscribe and /unsubscribe; GET
/crm/v3/objects/contacts/{id}?idProperty=…; POST /crm/v3/objects/contacts/gdpr-delete.

Make two contact properties first: `leadgate_lead_id` (text, unique values) and `leadgate_next_step` (text).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumer.crm import Caller, Fields, Refused, in_words, mapped
from consumer.reading import Work

CONTACTS, CONSENTS = "/crm/v3/objects/contacts", "/communication-preferences/v3"
OWN_ID, OWN_STEP = "leadgate_lead_id", "leadgate_next_step"
STAGES = {"marketing_qualified": "marketingqualifiedlead", "sales_qualified": "salesqualifiedlead", "lead": "lead"}
GAVE, NEVER_BACK = "CONSENT_WITH_NOTICE", 400


@dataclass(frozen=True, slots=True)
class HubSpot:
    """Keeps Sink. `fields` is `crm.hubspot` of the definition, `subscription_id` the type of mails that we ask for."""

    call: Caller
    fields: Fields
    subscription_id: str = ""

    def keep(self, work: Work) -> None:
        """One contact for the address, or for the lead where there is none; then what the person allowed."""
        person = work.lead["person"]
        email = person.get("email")
        key = {"id": email, "idProperty": "email"} if email else {"id": work.lead_id, "idProperty": OWN_ID}
        contact = {**key, "properties": self._properties(work, person)}
        self.call("POST", f"{CONTACTS}/batch/upsert", {"inputs": [contact]})
        if email and self.subscription_id:
            self._subscribe(email, work.lead["permission"]["marketing"]["email"] == "yes")

    def forget(self, lead_id: str) -> None:
        """Deleted for good, found by the lead's id: the address is gone already. Nobody there is fine."""
        try:
            _, contact = self.call("GET", f"{CONTACTS}/{lead_id}?idProperty={OWN_ID}")
            self.call("POST", f"{CONTACTS}/gdpr-delete", {"objectId": contact["id"]})
        except Refused as refused:
            if refused.status != 404:
                raise

    def _properties(self, work: Work, person: Mapping[str, Any]) -> dict[str, str]:
        stage, said = STAGES.get(work.lead["stage"]), in_words(work.told)
        own = {OWN_ID: work.lead_id, OWN_STEP: said, "lifecyclestage": stage}
        return {**mapped(self.fields, person), **{name: value for name, value in own.items() if value}}

    def _subscribe(self, email: str, allowed: bool) -> None:
        """HubSpot never takes back who opted out there: that no outranks our yes."""
        told = {
            "emailAddress": email,
            "subscriptionId": self.subscription_id,
            "legalBasis": GAVE,
            "legalBasisExplanation": "Permission as recorded by Leadgate",
        }
        try:
            self.call("POST", f"{CONSENTS}/{'subscribe' if allowed else 'unsubscribe'}", told)
        except Refused as refused:
            if refused.status != NEVER_BACK:
                raise
