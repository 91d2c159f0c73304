"""One DAG per sync in ``include/activation/syncs``: warehouse → the destination that it declares."""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param, TriggerRule, chain
from martech.activation.operators import PlanSyncOperator, ReportSyncOperator, SendChangesOperator
from martech.activation.sync import Sync
from martech.airflow_lines.schedules import wake_on_any
from martech.quality.movement_operators import HoldMovementOperator

from include.activation.declared_syncs import load_syncs
from include.pipeline.alert_channels import send_alert
from include.pipeline.assets import GOLD_ASSET, SILVER_ASSET
from include.pipeline.dag_defaults import WAREHOUSE, Tag, accept_param, dag_arguments
from include.pipeline.day_chain import choose_days, publish_days
from include.pipeline.settings import settings
from include.quality.declared_movement import load_movement

ASSETS = {"silver": SILVER_ASSET, "gold": GOLD_ASSET}

DOC = """
### {sync.name}: {sync.description}

`{sync.model}` → **{sync.target}** ({sync.mode}), {columns}. Only records whose mapped columns changed since they were
last confirmed are sent. People without consent in `{sync.consent.model}` are never sent, and removed where they were.

**To look first** trigger with `{{"dry_run": true}}`: counts and samples in the log and on the sync's page
(`activation-{sync.name}.html` in `MARKETING_REPORT_URI`), nothing is sent.

**When it fails** the red task's log names the fix. `hold_movement` stops where a table that the sync reads moved
further since the last run than is plausible (`include/quality/movement.yml`): if it is right, trigger with
`{{"accept_movement": {{"who": "…", "why": "…"}}}}`. `plan_sync` stops where more than
{sync.limits.max_removed_percent:g}% would be removed: check the source; if it is right, trigger with
`{{"confirm_removals": true}}`. After `send_changes` has failed, clear it or wait for the next run: it goes on where it
stopped, and nothing is lost or applied twice.

**Rejected records** are in `ops.activation_dead_letters` with the reason; after the fix trigger with
`{{"retry_dead_letters": true}}`. **In doubt what is there** trigger with `{{"full_resync": true}}`.

**Owner** {sync.owner} · **Declared in** `include/activation/syncs/{sync.name}.yml` · **How it works**
`docs/reverse_etl.md` · **History** `ops.activation_runs`, `ops.activation_changelog`
"""

PARAMS = {
    "dry_run": Param(False, type="boolean", description="Show what would be sent, send nothing"),
    "full_resync": Param(False, type="boolean", description="Send unchanged records as well"),
    "confirm_removals": Param(False, type="boolean", description="Remove more than the safety stop allows"),
    "only_key": Param(None, type=["null", "string"], description="Send the record with this key only, as a test"),
    "empty_sync": Param(None, type=["null", "string"], description="Remove what this sync left at its old target"),
    "old_connection": Param(None, type=["null", "string"], description="Connection to that target, if another by now"),
    "forget_sync": Param(None, type=["null", "string"], description="Forget what this sync left: its target is gone"),
    "retry_dead_letters": Param(False, type="boolean", description="Try rejected records again, unchanged"),
    "accept_movement": accept_param("Send however far the tables have moved"),
}


def activation_dag(sync: Sync, declared: list[str]) -> DAG:
    """Return the DAG of a sync.

    :param sync: the declaration.
    :param declared: names of all declared syncs.
    """
    common: dict[str, Any] = {"sync": sync, "table": settings.named, **WAREHOUSE}
    arguments = dag_arguments(Tag.ACTIVATION, Tag.ON_ASSETS, params=PARAMS)
    arguments["default_args"] |= {"owner": sync.owner}
    dag = DAG(
        dag_id=f"activate_{sync.name}",
        description=sync.description,
        schedule=wake_on_any(ASSETS[sync.schedule], wake=settings.wake_schedule),
        doc_md=DOC.format(sync=sync, columns=", ".join(column.to for column in sync.columns)),
        **arguments,
    )
    with dag:
        # Whoever starts it by hand, or to erase a person, wants it whether or not a day is new.
        choose = choose_days(runs_without_days=True)
        hold = HoldMovementOperator(
            task_id="hold_movement",
            load_tables=partial(load_movement, sync.models),
            dataset_of={layer: definition.dataset for layer, definition in settings.layers.items()},
            measures_table=settings.table("ops", "activation_measures"),
            accept="{{ params.accept_movement or '' }}",
            alert=send_alert,
            **WAREHOUSE,
        )
        send_changes = SendChangesOperator(task_id="send_changes", **common)
        report_sync = ReportSyncOperator(
            task_id="report_sync",
            trigger_rule=TriggerRule.ALL_DONE,
            chosen_by=choose.task_id,
            declared=declared,
            alert=send_alert,
            report_uri=settings.report_uri,
            **common,
        )
        plan_sync = PlanSyncOperator(task_id="plan_sync", declared=declared, alert=send_alert, **common)
        chain(choose, hold, plan_sync, send_changes, report_sync)
        # A dry run skips `send_changes`, and has sent no day.
        chain([send_changes, report_sync], publish_days())
    return dag


_syncs = load_syncs()
for _sync in _syncs:
    globals()[f"activate_{_sync.name}"] = activation_dag(_sync, [sync.name for sync in _syncs])
