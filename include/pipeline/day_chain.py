"""The chain of DAGs: what each step needs, and the tasks with which each of its DAGs begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from airflow.providers.common.compat.sdk import Asset
from martech.days.chain import Chain, Step
from martech.days.operators import ChooseDaysOperator, PublishDaysOperator, RawDays

from include.activation.declared_syncs import load_syncs
from include.landing.declared_landings import source_landing
from include.landing.enabled_sources import enabled_sources
from include.pipeline.dag_defaults import WAREHOUSE
from include.pipeline.settings import settings
from include.pipeline.sources import Source
from include.pipeline.windows import ordered_days

HEAD = "create_warehouse"
# The DAG that builds a layer.
BUILDS = {"silver": "build_silver", "gold": "build_gold"}
LAST = "check_quality"


def load_chain() -> Chain:
    """Return the chain, with the sources that are on."""
    sources = tuple(f"ingest_{name}" for name in enabled_sources())
    syncs = [Step(f"activate_{sync.name}", (BUILDS[sync.schedule],), by_day=False) for sync in load_syncs()]
    return Chain(
        [
            Step(HEAD, by_day=False),
            *(Step(source, (HEAD,)) for source in sources),
            Step(BUILDS["silver"], sources),
            Step(BUILDS["gold"], (BUILDS["silver"],)),
            *syncs,
            Step(LAST, (BUILDS["gold"],)),
        ],
        keep_days=settings.layers["bronze"].retention_days or settings.days_per_run,
        most_days=settings.days_per_run,
    )


def _raw_days(source: Source) -> RawDays:
    """Return where a source's rows are counted: of an entity a run of dbt reads its own days only."""
    landed = {table.name: table.late_arrival_days for table in source_landing(source.name).tables}
    late_days = {table.name: 0 if table.kind == "entity" else landed[table.name] for table in source.tables}
    return RawDays(settings.layers["bronze"].dataset, late_days)


def _arguments(source: Source | None) -> dict[str, Any]:
    load_raw_days: Callable[[], RawDays] | None = partial(_raw_days, source) if source else None
    return {
        "load_chain": load_chain,
        "day_log": settings.table("ops", "day_log"),
        "load_raw_days": load_raw_days,
        **WAREHOUSE,
    }


def choose_days(source: Source | None = None, **kwargs: Any) -> ChooseDaysOperator:
    """Return the first task of a DAG of the chain: which days the run works on.

    :param source: the source, where the DAG ingests one.
    :param kwargs: see :class:`~martech.days.operators.ChooseDaysOperator`.
    """
    return ChooseDaysOperator(ordered=ordered_days, **_arguments(source), **kwargs)


def publish_days(asset: Asset | None = None, source: Source | None = None) -> PublishDaysOperator:
    """Return the last task of a DAG of the chain: the run's days are done, and what needs them wakes.

    :param asset: what wakes it.
    :param source: the source, where the DAG ingests one.
    """
    return PublishDaysOperator(asset=asset, **_arguments(source))
