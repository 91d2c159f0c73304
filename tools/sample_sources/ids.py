"""Record ids that look random, never collide, and follow from the person's number alone."""

from __future__ import annotations

import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SALESFORCE_PREFIX = {"account": "001", "contact": "003", "lead": "00Q", "opportunity": "006", "user": "005"}
SLOTS = 1024  # ids of one kind that a person may have


def scrambled(number: int, slot: int = 0) -> int:
    """Return a 40-bit number, different for each (number, slot): an odd factor permutes residues of 2^40."""
    return ((number * SLOTS + slot) * 668_265_263_453) % (1 << 40)


def base62(number: int, width: int) -> str:
    """Write a number in base 62, padded to ``width``."""
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(BASE62[digit])
    return "".join(reversed(digits))


def salesforce_id(kind: str, number: int, slot: int = 0) -> str:
    """Return an 18 character Salesforce id."""
    return f"{SALESFORCE_PREFIX[kind]}5f0000{base62(scrambled(number, slot), 9)}"


def product_id(sku: str) -> int:
    """Return Shopify's id of a product."""
    return zlib.crc32(sku.encode())


def client_id(number: int, slot: int, first_seen: int) -> str:
    """Return a Google Analytics client id, the value of the browser's _ga cookie."""
    return f"{scrambled(number, slot) % 10_000_000_000}.{first_seen}"


def gclid(number: int, slot: int, when: int) -> str:
    """Return a Google click id."""
    return f"EAIaIQobChMI{base62(scrambled(number, slot), 8)}{base62(when, 6)}EAAYASAAEgI"
