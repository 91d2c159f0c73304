"""Reads ``volume.yml``: when a raw table's volume stops the chain, and which days of the year differ."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from martech.declarations.reader import read_declaration
from martech.ingestion.volumes import Occasion, VolumeRules

HERE = Path(__file__).resolve().parent
VOLUME_FILE = HERE / "volume.yml"
SCHEMA_FILE = HERE / "volume.schema.json"
A_YEAR = 2024  # a leap year: 29 February is a day of it
BEGINNINGS = ("day", "weekday", "easter")


@cache
def load_volume_rules(path: Path = VOLUME_FILE) -> VolumeRules:
    """Return the rules; a file is read once per process.

    :param path: the YAML file.
    :raises DeclarationError: where it is not YAML, not of the schema, or an occasion begins nowhere or twice.
    """
    declaration = read_declaration(path, SCHEMA_FILE)
    calendar = []
    for position, entry in enumerate(declaration.values["calendar"]):
        where = ("calendar", position)
        if sum(key in entry for key in BEGINNINGS) != 1 or ("easter" in entry) == ("month" in entry):
            raise declaration.error(
                where, "it does not say when it begins", "Write month and day, month and weekday, or easter alone."
            )
        occasion = Occasion(**{**entry, "factor": tuple(entry["factor"])})
        try:
            occasion.begins(A_YEAR)
        except ValueError as error:
            raise declaration.error(where, f"there is no such day: {error}", "Correct month and day.") from error
        calendar.append(occasion)
    return VolumeRules(declaration.values["near_zero"], declaration.values["copies"], tuple(calendar))
