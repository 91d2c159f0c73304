"""What the DAGs that are about one person share: how somebody is named, and what their operators are given."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import Param
from martech.privacy.export import Recipient

from include.activation.declared_syncs import load_syncs
from include.landing.declared_landings import sources_by_dataset
from include.pipeline.dag_defaults import WAREHOUSE
from include.pipeline.settings import SQL_DIR, settings
from include.privacy.declared_personal_data import personal_tables

KEY: dict[str, Any] = {"type": ["null", "string"], "minLength": 3}
PERSON_PARAMS = {
    "request_id": Param(type="string", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Id of the request"),
    "customer_id": Param(None, **KEY, description="Present or former customer_id"),
    "identity_key": Param(None, **KEY, description="Any source record of the person, <source>:<entity>:<id>"),
    "email_sha256": Param(
        None,
        type=["null", "string"],
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 (hex) of the e-mail address in lower case: Airflow keeps and logs what is typed here",
    ),
}
# Whom a DAG is about, and that somebody asked, is for few to see. Roles that may trigger all DAGs still may.
RIGHTS = {"DAGs": {"can_read", "can_edit", "can_delete"}, "DAG Runs": {"can_create"}}
ACCESS: dict[str, Any] = {"access_control": {settings.privacy_role: RIGHTS} if settings.privacy_role else None}
VALUE_SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
PERSON: dict[str, Any] = {
    **WAREHOUSE,
    "request_id": "{{ params.request_id }}",
    "table": settings.named,
    "load_tables": personal_tables,
    "sql_dir": SQL_DIR / "privacy",
    "sql_context": settings.sql_context,
    "load_connectors": sources_by_dataset,
}
# Who sends to destinations, and what these hold, may hold, and refuse.
ACTIVATION: dict[str, Any] = {
    "syncs": [sync.name for sync in load_syncs()],
    "runs": "ops.activation_runs",
    "state": ["ops.activation_state", "ops.activation_outbox"],
    "dead_letters": "ops.activation_dead_letters",
}
# What a person is shown first comes first.
SHOWN = ("silver", "gold", "bronze", "ops", "intermediate", "secrets", "analytics")


def layers_by_dataset() -> dict[str, str]:
    """Return the layer of each dataset, in the order in which an export shows them."""
    return {settings.layers[name].dataset: name for name in SHOWN}


def recipients() -> dict[str, Recipient]:
    """Return who gets data of people, by name of the sync."""
    return {
        sync.name: Recipient(sync.name, sync.description, sync.target, tuple(column.to for column in sync.columns))
        for sync in load_syncs()
    }
