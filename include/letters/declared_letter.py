"""The weekly letter's declaration, and the connections that it goes to.

* Slack: ``slack_letter`` (``MARKETING_LETTER_SLACK_CONN_ID``), type ``slackwebhook``, the incoming webhook's token;
* e-mail: ``smtp_letter`` (``MARKETING_LETTER_SMTP_CONN_ID``), type ``smtp``, with the extras ``from_email`` and ``to``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from martech.declarations.reader import read_declaration
from martech.letters.declared import LetterPlan, Told

from include.pipeline.settings import INCLUDE_DIR

FOLDER = INCLUDE_DIR / "letters"
CHANNELS = ("slack", "smtp")


def load_plan(path: Path = FOLDER / "weekly_letter.yml") -> LetterPlan:
    """Return what the letter says.

    :param path: the declaration.
    :raises martech.declarations.reader.DeclarationError: where it does not fit its schema.
    """
    values = dict(read_declaration(path, FOLDER / "weekly_letter.schema.json").values)
    changes = tuple(Told(**change) for change in values.pop("changes"))
    return LetterPlan(told=changes, **{**values, "figures": tuple(values["figures"])})


def letter_channels(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the Airflow connection of each channel.

    :param environ: the environment.
    """
    return {name: environ.get(f"MARKETING_LETTER_{name.upper()}_CONN_ID", f"{name}_letter") for name in CHANNELS}
