"""The reasons of a decision as plain sentences, for a visitor's question, a sales person or a lawyer."""

from __future__ import annotations

SUBJECTS = {
    "email": "e-mail",
    "sms": "text messages",
    "phone": "calls",
    "autocall": "automated calls",
    "mkt_email": "marketing by e-mail",
    "mkt_sms": "marketing by text message",
    "mkt_phone": "marketing calls",
    "mkt_autocall": "automated marketing calls",
    "share_3p": "sharing with third parties",
    "profiling": "profiling",
}

SENTENCES = {
    # refused
    "INVALID_QUESTION": "The input is not an object.",
    "UNKNOWN_MEMBER": "The input has a member that the rules do not know.",
    "INVALID_TIME": "A time is missing, unreadable or in the future.",
    "CLAIMED_IN_FUTURE": "The platform's time is ahead of our clock.",
    "INVALID_ORIGIN": "It is not said who speaks: the person, an import or staff.",
    "INVALID_EMAIL": "The e-mail address is not one.",
    "INVALID_PHONE": "The phone number is not in international form.",
    "NO_IDENTIFIER": "There is neither an e-mail address nor a phone number.",
    "INVALID_COUNTRY": "The declared country is no country of ISO 3166-1.",
    "INVALID_REGION": "The region is not a text.",
    "INVALID_NOTICE": "The notice is not a reference.",
    "INVALID_SUBJECT_TYPE": "The person is neither said to be a consumer nor to act for a business.",
    "INVALID_AGE": "The age is not a whole number from 0 to 120.",
    "INVALID_BOXES": "The boxes are not an object.",
    "UNKNOWN_PURPOSE": "A box asks for a purpose that does not exist.",
    "INVALID_CHECKBOX_VALUE": "A box is neither ticked nor unticked.",
    "INVALID_FLAG": "A yes-or-no member is neither true nor false.",
    "INVALID_GPC": "The signal is not a list of header values.",
    "INVALID_DOI": "The state of the confirmation is unknown.",
    "INVALID_CONTEXT": "The context is not an object.",
    "INVALID_PRIOR": "What was known before is not readable.",
    "NO_QUALIFYING_ACTION": "Nothing was done that makes a visitor a lead.",
    "AGE_RESTRICTED": "The person is younger than the law there allows without parents.",
    "NO_PERMISSION": "There is nothing that we may do with this submission.",
    # countries
    "JURISDICTION_UNKNOWN": "No country is known, so the strictest rules apply.",
    "COUNTRIES_DIFFER": "The declared and the observed country differ, so the stricter answer of both counts.",
    # ticks
    "PRE_TICKED": "The box was ticked beforehand, which is no consent (CJEU C-673/17 Planet49).",
    "NOT_GRANULAR": "The box mixed this purpose with other matters (GDPR Art. 7(2)).",
    "CONDITIONAL": "The tick was a condition of the service (GDPR Art. 7(4)).",
    "NOT_DEMONSTRABLE": "The exact wording shown cannot be produced (GDPR Art. 7(1)).",
    "NO_EVIDENCE": "Nothing shows when the person ticked the box (GDPR Art. 7(1)).",
    "EVIDENCE_NOT_NEWER": "The evidence is not newer than the person's no.",
    "EVIDENCE_EXPIRED": "The evidence is older than a consent lasts.",
    # yes, or not yet
    "NEW_CONSENT": "The person ticked the box, and the tick counts.",
    "STANDING_CONSENT": "An earlier consent still counts.",
    "UNTICKED_NOT_WITHDRAWAL": "The box was left blank on a new form, which does not end an earlier consent.",
    "DOI_NEEDED": "The mailbox must be confirmed first.",
    "DOI_EXPIRED": "The confirmation was not given in time.",
    "PHONE_NOT_VERIFIED": "The number must be proved first; a confirmed e-mail proves no phone (BGH I ZR 164/09).",
    "SOFT_OPT_IN": "A customer may be told of similar products, with a chance to refuse at any time (ePrivacy 13(2)).",
    "B2B_LI": "The message concerns the person's work (legitimate interest).",
    "PECR_CORPORATE": "The person acts for a company, which may be written to until it says no (PECR 22).",
    "TPS_SCREENED": "The number was screened against the TPS (PECR 21).",
    "CAN_SPAM_OPT_OUT_REGIME": "Mail is lawful there until the person says no (CAN-SPAM).",
    "DNC_SCREENED": "The number was screened against the national Do Not Call registry.",
    "EBR_PURCHASE": "A purchase allows calls for 18 months (47 CFR 64.1200(f)(5)).",
    "EBR_INQUIRY": "An inquiry allows calls for 3 months (47 CFR 64.1200(f)(5)).",
    "CASL_IMPLIED": "Consent is implied by an inquiry, a purchase or the address of a role (CASL 10).",
    "LGPD_LI": "Legitimate interest (LGPD Art. 7 IX and 10).",
    "AU_INFERRED": "Consent is inferred from a purchase (Spam Act, Schedule 2).",
    # no
    "SUPPRESSED": "The person is on the suppression list; only they can lift it, with proof.",
    "OBJECTED": "The person objected to direct marketing (GDPR Art. 21).",
    "WITHDRAWN": "The person withdrew (GDPR Art. 7(3)).",
    "WITHDRAWN_NOW": "The person withdraws now (GDPR Art. 7(3)).",
    "REVOKED": "The earlier consent was revoked.",
    "INVALIDATED": "The earlier consent was found void.",
    "REFUSED": "The person refused before.",
    "DECLINED": "The person was asked and left the box blank.",
    "PRIOR_EXPIRED": "The earlier consent has expired.",
    "NO_BASIS": "No legal basis applies.",
    "TPS_NOT_SCREENED": "The number was not screened against the TPS (PECR 21).",
    "DNC_NOT_SCREENED": "The number was not screened against the national Do Not Call registry.",
    # sharing and scoring
    "TENANT_DOES_NOT_SHARE": "This organisation passes nobody's details on.",
    "GPC_OPT_OUT": "The browser asked by Global Privacy Control not to sell or share.",
    "SALE_OPT_OUT": "The person opted out of sale and sharing.",
    "CAN_SPAM_NO_TRANSFER": "The address said no to mail and may not be passed on (15 USC 7704(a)(4)).",
    "MINOR": "The person is a minor.",
    "NO_NOTICE": "The wording shown is not in the registry.",
    "NO_LIA": "The assessment of legitimate interest is not on file.",
    "PROFILING_OBJECTED": "The person objected to profiling (GDPR Art. 21).",
    "STORED_LIMITED": "Only what was asked for is delivered.",
    "STORED_PENDING": "Nothing is confirmed yet.",
}


def in_plain_words(reason: str) -> str:
    """One sentence for a reason such as `PRE_TICKED:mkt_email`, its subject in front."""
    code, _, subject = reason.partition(":")
    sentence = SENTENCES.get(code, f"{code.replace('_', ' ').capitalize()}.")
    return f"{SUBJECTS.get(subject, subject).capitalize()}: {sentence}" if subject else sentence
