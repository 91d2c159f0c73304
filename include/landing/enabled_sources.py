"""Which sources are on: their DAGs exist, silver waits for them, and checks expect their rows."""

from __future__ import annotations

import os

from martech.ingestion.landing_operator import NO_CONNECTOR

from include.landing.declared_landings import connections
from include.pipeline.settings import SettingsError
from include.pipeline.sources import Source, load_sources

VARIABLE = "MARKETING_SOURCES"


def enabled_sources() -> dict[str, Source]:
    """Return the sources that are on, by name: those of ``MARKETING_SOURCES``, or those with a dataset.

    A source of connector ``none`` needs no dataset. Where no source has one, something else fills bronze: all are on.

    :raises SettingsError: where the variable names a source that does not exist.
    :raises DeclarationError: for the first declaration of a landing that cannot be used.
    """
    sources = load_sources()
    named = {part.strip() for part in os.environ.get(VARIABLE, "").split(",") if part.strip()}
    if unknown := sorted(named - sources.keys()):
        raise SettingsError(
            f"{VARIABLE} names {', '.join(unknown)}, which is no source: use some of {', '.join(sources)}, between "
            "commas, or unset it."
        )
    if not named:
        connected = connections()
        if not any(datasets for _, datasets in connected.values()):
            return sources
        named = {name for name, (connector, datasets) in connected.items() if datasets or connector == NO_CONNECTOR}
    return {name: source for name, source in sources.items() if name in named}
