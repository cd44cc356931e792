"""How a person can be reached, in the one form that names the same mailbox or line every time."""

from __future__ import annotations

import re

from shared.sources.plain_text import BadText

MAX_EMAIL = 254
MAX_LOCAL_PART = 64

# The everyday ASCII address. What it matches, email-validator accepts with the same result (a test compares them);
# whatever it does not match is left to the library, whose import costs more than the rest of a cold start.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+([A-Za-z]{{2,63}}))")
_RESERVED = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})

# Scripts that one language mixes in one word (UTS 39, highly restrictive profile), by the first word of Unicode names.
_MIXED_BY_CUSTOM = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)

_PHONE = r"([+0-9 ()./-]{3,32}?)(?: *(?:x|ext\.?|#) *([0-9]{1,7}))?"


def email_identity(text: str) -> str:
    """Lower-case ASCII local part, "@", domain as A-labels; plus tags and dots stay, they name other mailboxes."""
    if len(text) > MAX_EMAIL:
        raise BadText("invalid_email")
    match = _PLAIN.fullmatch(text)
    if match is None or "--" in match[2] or match[3].lower() in _RESERVED or len(match[1]) > MAX_LOCAL_PART:
        return _uncommon_identity(text)
    return text.lower()


def phone_number(text: str, country: str | None) -> tuple[str, str]:
    """E.164 and extension; a national number is read in `country`, without one only the international form will do."""
    match = re.fullmatch(_PHONE, text, re.IGNORECASE)
    if match is None:
        raise BadText("invalid_phone")
    return _e164(match[1], country), match[2] or ""


def mobile_country(e164: str) -> str | None:
    """The country (ISO 3166-1) whose mobile network serves this number; None for landlines, paid numbers, numbers that
    no plan knows. Where a plan does not tell the two apart (North America), a number may be a mobile one.
    """
    import phonenumbers  # only a submission with a phone number pays for it

    number = phonenumbers.parse(e164)
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    if phonenumbers.number_type(number) not in kinds:
        return None
    return phonenumbers.region_code_for_number(number)


def _uncommon_identity(text: str) -> str:
    from email_validator import validate_email  # dear to import, and rarely needed

    # ValueError: EmailNotValidError, and what idna may raise on labels that only look like Punycode.
    try:
        address = validate_email(text, strict=True, allow_smtputf8=False, check_deliverability=False)
    except ValueError:
        raise BadText("invalid_email") from None
    if not _says_what_it_means(text, address.domain):
        raise BadText("invalid_email")
    return f"{address.local_part}@{address.ascii_domain}".lower()


def _says_what_it_means(text: str, domain: str) -> bool:
    """False when the domain was folded into another one (full-width, ligatures) or mixes look-alike scripts."""
    written = text.rpartition("@")[2].lower()
    return (written == domain or written.isascii()) and all(map(_one_script, domain.split(".")))


def _one_script(label: str) -> bool:
    if label.isascii():
        return True
    import unicodedata

    scripts = {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}
    return len(scripts) < 2 or any(scripts <= custom for custom in _MIXED_BY_CUSTOM)


def _e164(text: str, country: str | None) -> str:
    """The number that stays itself when read again; a run of zeros, for one, does not."""
    number = _possible_number(text, country)
    if _possible_number(number, None) != number:
        raise BadText("invalid_phone")
    return number


def _possible_number(text: str, country: str | None) -> str:
    import phonenumbers  # only a submission with a phone number pays for it

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise BadText("invalid_phone") from None
    # Possible, not valid: numbering plans change faster than libraries.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise BadText("invalid_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
