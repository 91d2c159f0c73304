"""The commands that the documentation tells people to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^```(?:sh|bash|)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)", re.DOTALL)
ANY_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s+#\s.*$")
ENVIRONMENT = re.compile(r"^(?:[A-Z_]+=\S* )*")


@dataclass(frozen=True)
class Command:
    """A command line of a page.

    :param page: path in the repository.
    :param line: the command as it is written, on one line, without its comment.
    """

    page: str
    line: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def _lines(text: str) -> Iterator[str]:
    for block in FENCED.findall(text):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield from (part.strip() for part in COMMENT.sub("", line).split("&&"))
    for code in CODE.findall(ANY_FENCE.sub("", text)):
        for part in re.sub(r"\s*\\?\n\s*", " ", code).split("&&"):
            yield part.strip()


def commands(start: str) -> list[Command]:
    """Return the commands of all pages that begin with a regular expression, after variables of the environment.

    :param start: what follows the variables.
    """
    begins = re.compile(start)
    found = [
        Command(str(page.relative_to(ROOT)), line)
        for page in PAGES
        for line in _lines(page.read_text())
        if begins.match(ENVIRONMENT.sub("", line))
    ]
    return list(dict.fromkeys(found))
