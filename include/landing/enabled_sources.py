"""Which sources are on: their DAGs exist, silver waits for them, and checks expect their rows."""

from __future__ import annotations

import os

from martech.ingestion.landing_operator import NO_CONNECTOR

from include.landing.declared_landings import connections
from include.pipeline.settings import SettingsError
from include.pipeline.sources import Source, load_sources

VARIABLE = "MARKETING_SOURCES"
GA4_EXPORT = "ga4_export"


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


def is_exported_by_day(source: Source) -> bool:
    """Return whether a source comes as an export that makes a table per day.

    :param source: an entry of sources.yml.
    """
    connector, datasets = connections()[source.name]
    return connector == GA4_EXPORT and bool(datasets)


def tells_deliveries(source: Source) -> bool:
    """Return whether ingestion asks the connector if it has delivered, so that a day without rows is normal.

    :param source: an entry of sources.yml.
    """
    return bool(os.environ.get(source.fivetran_connection_env)) or is_exported_by_day(source)


def sources_off() -> list[str]:
    """Return the names of the sources that are off.

    :raises SettingsError: see :func:`enabled_sources`.
    """
    return sorted(load_sources().keys() - enabled_sources().keys())
