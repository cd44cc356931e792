"""What a deal is worth: whole minor units of one currency (ISO 4217), such as 125000 EUR cents for 1,250.00 EUR.

Amounts of several currencies are never added.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.errors import Fault

MOST = 10**12
_TWO_DIGITS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN
PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
DIGITS: Mapping[str, int] = {
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **dict.fromkeys(_NO_DIGITS.split(), 0),
    **dict.fromkeys(_THREE_DIGITS.split(), 3),
}
"""How many digits of a currency stand after the point."""


def faults(plain: Mapping[str, object]) -> list[Fault]:
    """What is wrong with the members `amount` and `currency`, which come together or not at all."""
    amount, currency = plain.get("amount"), plain.get("currency")
    if amount is None and currency is None:
        return []
    found = []
    if amount is None:
        found.append(Fault("/amount", "required"))
    elif type(amount) is not int or not 0 < amount <= MOST:
        found.append(Fault("/amount", "not_an_amount"))
    if currency is None:
        found.append(Fault("/currency", "required"))
    elif not isinstance(currency, str) or currency not in DIGITS:
        found.append(Fault("/currency", "not_offered"))
    return found


def in_units(minor: int, currency: str) -> str:
    """The amount as people write it: 125000 EUR is 1250.00."""
    digits = DIGITS[currency]
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}" if digits else text


def minor_units(text: str, currency: str) -> int | None:
    """The amount of a spreadsheet (`1250`, `1250.5`, `1250.00`) in minor units; None when it is none."""
    whole, point, rest = text.partition(".")
    digits = DIGITS.get(currency, 0)
    is_written = (whole + rest).isascii() and whole.isdigit() and len(whole) <= 15
    if not is_written or (point and not rest.isdigit()) or len(rest) > digits:
        return None
    return int(whole + rest.ljust(digits, "0"))
