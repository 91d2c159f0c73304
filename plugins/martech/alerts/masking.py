"""What must not be said: secrets, e-mail addresses and long numbers are masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from airflow.providers.common.compat.sdk import redact

EMAIL = re.compile(r"[^\s@'\"<>=,;:]+@[^\s@'\"<>=,;:]+")
LONG_NUMBER = re.compile(r"\+?\d[\d\s().-]{7,}\d")
# Days and timestamps look like long numbers, and an alert is of no use without its days.
MOMENT = re.compile(r"((?<!\d)\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d))")
SECRETS = (
    re.compile(r"(?P<kept>://[^\s/:@]*:)[^\s/@]+(?=@)"),
    # Whoever knows the path of a webhook may post: the host says enough.
    re.compile(
        r"(?P<kept>https://(?:hooks\.slack(?:-gov)?\.com|[\w-]+\.webhook\.office\.com|events(?:\.eu)?\.pagerduty\.com|"
        r"(?:[\w-]+\.)?discord(?:app)?\.com|chat\.googleapis\.com)/)[^\s\"'<>]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>https://[^\s\"'<>?]*/(?:incoming)?webhooks?\w*/)[^\s\"'<>]+", re.IGNORECASE),
    # What Google lends an account for an hour.
    re.compile(r"(?P<kept>\bya29\.)[\w.-]+"),
    re.compile(r"(?P<kept>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(
        r"""(?P<kept>\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|private[_-]?key|authorization)["']?\s*[=:]\s*["']?)"""
        r"""(?!bearer|basic)[^\s"',;&]+""",
        re.IGNORECASE,
    ),
)
REASON_LENGTH = 800
DAY = re.compile(r"(?<!\d)(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)")
# Shorter texts are grades and codes, and parts of other words.
SHORTEST_VALUE = 3


def safe_text(text: str, length: int = REASON_LENGTH) -> str:
    """Return a text without secrets, e-mail addresses and long numbers; dates stay.

    Names of people look like other words: errors must not quote rows.

    :param text: what an error or an operator says.
    :param length: longest result, in characters.
    """
    text = str(redact(text))
    for secret in SECRETS:
        text = secret.sub(r"\g<kept>***", text)
    text = EMAIL.sub("[email]", text)
    # `split` on a group gives text and moments by turns.
    parts = [part if n % 2 else LONG_NUMBER.sub("[number]", part) for n, part in enumerate(MOMENT.split(text))]
    text = "".join(parts)
    return text if len(text) <= length else text[: length - 1] + "…"


def masked(message: str, values: Iterable[Any] = ()) -> str:
    """Return a destination's message without e-mail addresses, long numbers and days, cut to 500 characters.

    Destinations like to quote the value that they refuse, and these messages go to logs and tables.

    :param message: what the destination said.
    :param values: what it was sent of the record; texts of it, such as names and streets, are masked too.
    """
    texts = sorted({value.strip() for value in values if isinstance(value, str)}, key=len, reverse=True)
    for text in texts:
        if len(text) >= SHORTEST_VALUE:
            message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "[value]", message, flags=re.IGNORECASE)
    return LONG_NUMBER.sub("[number]", DAY.sub("[day]", EMAIL.sub("[email]", message)))[:500]
