"""Numbers that check themselves: payment cards (Luhn, ISO/IEC 7812) and bank accounts (IBAN, ISO 13616).

What enters are texts, grouped or not; what leaves is whether they are such a number, or the
same text with its check digits put right.
"""

import re
import string
from typing import Final

_CARD: Final = re.compile(r"[0-9](?:[ -]?[0-9]){12,18}")
_CARD_ISSUER: Final = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(?:011|4[4-9]\d|5\d\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"
)
_IBAN: Final = re.compile(r"([A-Z]{2})([0-9]{2})((?: ?[A-Z0-9]){11,30})")
_IBAN_COUNTRIES: Final = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS",
    23: "AE GI IL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ CY DO GT HU LB PL",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT",
}
_IBAN_LENGTHS: Final = {
    country: length for length, countries in _IBAN_COUNTRIES.items() for country in countries.split()
}
"""Letters and digits of a country's numbers, from the SWIFT registry."""


def is_card_number(text: str) -> bool:
    """Return whether ``text`` is 13 to 19 digits, perhaps grouped, that pass the Luhn check."""
    return _CARD.fullmatch(text) is not None and _luhn_sum(_digits(text)) % 10 == 0


def is_issued_card_number(text: str) -> bool:
    """Return whether it also begins as one of the card schemes' numbers does, and has as many digits."""
    return _CARD_ISSUER.fullmatch(re.sub(r"[ -]", "", text)) is not None and is_card_number(text)


def with_check_digit(text: str) -> str:
    """Return ``text`` with its last digit replaced by the one that passes the Luhn check."""
    remainder = _luhn_sum([*_digits(text)[:-1], 0]) % 10
    return text[:-1] + str((10 - remainder) % 10)


def is_iban(text: str) -> bool:
    """Return whether ``text`` is an IBAN, perhaps grouped by spaces, with right length and check digits."""
    found = _IBAN.fullmatch(text)
    if found is None:
        return False
    bare = text.replace(" ", "")
    return len(bare) == _IBAN_LENGTHS.get(found[1]) and _remainder(bare) == 1


def with_iban_check(text: str) -> str:
    """Return ``text``, an IBAN but for its check digits, with the right ones."""
    zeroed = text[:2] + "00" + text[4:].replace(" ", "")
    return f"{text[:2]}{98 - _remainder(zeroed):02d}{text[4:]}"


def _remainder(bare: str) -> int:
    turned = bare[4:] + bare[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in string.digits]


def _luhn_sum(digits: list[int]) -> int:
    doubled = [digit * 2 if index % 2 else digit for index, digit in enumerate(reversed(digits))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled)
