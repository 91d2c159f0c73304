"""How people and systems spoil what they write down: typos, nicknames, mail and phone variants, junk."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random

from tools.sample_sources.words import words

KEYBOARD = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "k": "jl",
    "l": "ko", "m": "n", "n": "bm", "o": "ip", "p": "o", "r": "et", "s": "ad", "t": "ry", "u": "yi", "w": "qe",
    "y": "tu",
}  # fmt: skip
JUNK_EMAILS = ("test@test.com", "noreply@nexvigilant.com", "none@none.com", "a@a.com", "info@example.com")
JUNK_PHONES = ("000-000-0000", "555-555-5555", "1234567890", "+19999999999", "(111) 111-1111")
PHONE_FORMATS = (
    ("({}) {}-{}", 30), ("{}-{}-{}", 24), ("+1{}{}{}", 22), ("{}{}{}", 12), ("{}.{}.{}", 5), ("+1 {} {} {}", 4),
    ("1-{}-{}-{}", 3),
)  # fmt: skip
_PHONE_DECK = [form for form, weight in PHONE_FORMATS for _ in range(weight)]


@dataclass(frozen=True)
class Mess:
    """Chance (0–1) that one record of a person shows a defect; each record draws again."""

    name_typo: float
    nickname: float
    name_swap: float
    name_case: float
    email_typo: float
    email_case: float
    email_plus: float
    gmail_dots: float
    other_email: float  # an old, second or work e-mail in place of the usual one
    junk_email: float
    no_email: float
    phone_typo: float
    junk_phone: float
    no_phone: float
    shared_phone: float  # the household's or the company's in place of the own
    street_variant: float
    old_address: float
    no_diacritics: float
    duplicate: float  # a second record of the person in the same system


DIFFICULTY = {
    "normal": Mess(
        name_typo=0.02, nickname=0.10, name_swap=0.005, name_case=0.05, email_typo=0.006, email_case=0.10,
        email_plus=0.04, gmail_dots=0.04, other_email=0.08, junk_email=0.008, no_email=0.03, phone_typo=0.01,
        junk_phone=0.01, no_phone=0.25, shared_phone=0.05, street_variant=0.25, old_address=0.05,
        no_diacritics=0.5, duplicate=0.04,
    ),
    "hard": Mess(
        name_typo=0.06, nickname=0.22, name_swap=0.02, name_case=0.12, email_typo=0.02, email_case=0.2,
        email_plus=0.10, gmail_dots=0.10, other_email=0.20, junk_email=0.02, no_email=0.08, phone_typo=0.03,
        junk_phone=0.03, no_phone=0.35, shared_phone=0.12, street_variant=0.45, old_address=0.12,
        no_diacritics=0.7, duplicate=0.08,
    ),
}  # fmt: skip


def ascii_only(text: str) -> str:
    """Return the text without diacritics, as an old form or a mail address would have it."""
    text = text.replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L")
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def typo(rng: Random, text: str) -> str:
    """Return the text with one slip: a letter doubled, dropped, swapped or hit beside."""
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text) - 1)
    slip = rng.randrange(4)
    if slip == 0:
        return text[:at] + text[at] + text[at:]
    if slip == 1:
        return text[:at] + text[at + 1 :]
    if slip == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(KEYBOARD.get(text[at].lower(), text[at])) + text[at + 1 :]


def name(rng: Random, mess: Mess, first: str, last: str) -> tuple[str, str]:
    """Return first and last name as a system got them."""
    if rng.random() < mess.nickname and first in words().nicknames:
        first = rng.choice(words().nicknames[first])
    if rng.random() < mess.no_diacritics:
        first, last = ascii_only(first), ascii_only(last)
    if rng.random() < mess.name_typo:
        first = typo(rng, first)
    if rng.random() < mess.name_typo:
        last = typo(rng, last)
    if rng.random() < mess.name_case:
        first, last = (first.lower(), last.lower()) if rng.random() < 0.5 else (first.upper(), last.upper())
    return (last, first) if rng.random() < mess.name_swap else (first, last)


def email(rng: Random, mess: Mess, address: str) -> str:
    """Return an address as typed: plus tag, dots, case, a slip in the name part or the provider."""
    box, _, domain = address.partition("@")
    if rng.random() < mess.email_plus:
        box = f"{box}+{rng.choice(('shop', 'news', 'nexvigil', 'orders'))}"
    if domain == "gmail.com" and rng.random() < mess.gmail_dots:
        at = rng.randrange(1, len(box.partition("+")[0]))
        box = box.replace(".", "") if "." in box else f"{box[:at]}.{box[at:]}"
    if rng.random() < mess.email_typo:
        box, domain = (typo(rng, box), domain) if rng.random() < 0.5 else (box, typo(rng, domain))
    text = f"{box}@{domain}"
    if rng.random() < mess.email_case:
        return text.upper() if rng.random() < 0.3 else text.capitalize()
    return text


def phone(rng: Random, mess: Mess, digits: str) -> str:
    """Return ten digits as typed, in one of the usual formats, sometimes with a wrong digit."""
    if rng.random() < mess.phone_typo:
        at = rng.randrange(10)
        digits = digits[:at] + str(rng.randrange(10)) + digits[at + 1 :]
    return rng.choice(_PHONE_DECK).format(digits[:3], digits[3:6], digits[6:])


def street(rng: Random, mess: Mess, number: int, street_name: str, kind: str) -> str:
    """Return a street line, abbreviated or in capitals now and then."""
    if rng.random() >= mess.street_variant:
        return f"{number} {street_name} {kind}"
    short = words().street_kinds[kind]
    return rng.choice(
        (
            f"{number} {street_name} {short}",
            f"{number} {street_name} {short}.",
            f"{number} {street_name.upper()} {short.upper()}",
            f"{number} {typo(rng, street_name)} {kind}",
            f"{number} {street_name}",
        )
    )
