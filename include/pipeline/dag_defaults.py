"""What every DAG of this project shares: defaults, tags, and how it reports its window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from airflow.providers.common.compat.sdk import Param

from include.pipeline.alert_channels import alert_on_failure
from include.pipeline.settings import Layer, settings
from include.pipeline.windows import WINDOW_MACROS

OWNER = "marketing-data"


class Tag(StrEnum):
    """The tags of the DAG list; no DAG uses another."""

    DDL = "layer: schema"
    BRONZE = "layer: bronze"
    SILVER = "layer: silver"
    GOLD = "layer: gold"
    ACTIVATION = "layer: activation"
    OPERATIONS = "operations"
    EVERY_DAY = "runs: every day"
    ON_ASSETS = "runs: on assets"


# Where the warehouse is, for every operator that asks it.
WAREHOUSE: dict[str, Any] = {
    "project_id": settings.project_id,
    "location": settings.location,
    "gcp_conn_id": settings.gcp_conn_id,
    "maximum_bytes_billed": settings.maximum_bytes_billed,
}

# A run may be given its days by hand; otherwise they come from assets or from the data interval.
WINDOW_PARAMS = {
    "start_date": Param(None, type=["null", "string"], format="date", description="First data day to build"),
    "end_date": Param(None, type=["null", "string"], format="date", description="Last data day to build"),
}


def accept_param(description: str) -> Param:
    """Return a param for somebody's word that what a check finds is so; the check keeps who said it, and why.

    :param description: what the run does then.
    """
    return Param(
        None,
        type=["null", "object"],
        required=["who", "why"],
        additionalProperties=False,
        properties={"who": {"type": "string", "minLength": 1}, "why": {"type": "string", "minLength": 1}},
        description=f'{description}: {{"who": "…", "why": "…"}}',
    )


# Somebody's word that silver is built without some sources; the log of days keeps who said it, and why.
ACCEPT_SOURCES_PARAM = Param(
    None,
    type=["null", "object"],
    required=["sources", "days", "who", "why"],
    additionalProperties=False,
    properties={
        "sources": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "days": {"type": "string", "minLength": 10},
        **{key: {"type": "string", "minLength": 1} for key in ("who", "why")},
    },
    description='Do not wait for sources: {"sources": ["zendesk"], "days": "2026-11-23", "who": "…", "why": "…"}',
)


def layer_labels(layer: Layer) -> dict[str, str]:
    """Return the labels of a layer's dataset, by which costs are split."""
    return {"layer": layer.name, "owner": OWNER}


def dag_arguments(*tags: Tag, **overrides: Any) -> dict[str, Any]:
    """Return the arguments that every DAG is made with.

    :param tags: the DAG's tags.
    :param overrides: arguments that differ for this DAG.
    """
    return {
        "start_date": datetime(2024, 1, 1, tzinfo=UTC),
        "catchup": False,
        "max_active_runs": 1,
        "tags": [tag.value for tag in tags],
        "params": WINDOW_PARAMS,
        "user_defined_macros": {**settings.sql_context, **WINDOW_MACROS},
        "default_args": {
            "owner": OWNER,
            "retries": 2,
            "retry_delay": settings.retry_delay,
            "retry_exponential_backoff": True,
            "max_retry_delay": timedelta(minutes=30),
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": alert_on_failure,  # called once, after the last retry
        },
        **overrides,
    }
