"""
### Check quality: what all three layers look like, and what is fixed without asking

Gold's event wakes it, and the clock; it takes the days that gold has built anew. It checks every table of bronze,
silver and gold for the run's days: freshness, volume (against the same weekday of earlier weeks), schema, missing days,
nulls in critical columns, references without a target, and distributions (against the 28 days before). Every column is
profiled and compared with its own past (`ops.column_profiles`): a field that a source no longer fills is noticed.
Results are kept in `ops.quality_checks`, scores (0–100) in `ops.quality_scores`, and a page with plots is written to
`MARKETING_REPORT_URI`.

A day that silver or gold lacks while bronze has it is rebuilt, once (`ops.quality_healing`). Rows that silver cannot
use were taken out by ingestion (`ops.quarantined_rows`): correct `row_json` there, trigger with `{"replay": true}`.

**When it fails** in `report_failures`, its log lists every failed check with its fix; gold is built, but part of it
is not to be trusted. Fix the cause and rebuild the day: quality is then checked again. To accept what was found,
change its threshold or severity in `include/quality/checks.yml`. Another red task ends with the error of its query:
clear it once the cause is gone.

**Owner** marketing-data · **Reads** every layer · **Writes** `ops` · **Declared in** `include/quality/checks.yml` ·
**How it works** `docs/quality.md`
"""

from __future__ import annotations

from functools import partial

from airflow.providers.common.compat.sdk import DAG, Param, chain
from martech.airflow_lines.schedules import wake_on_any
from martech.airflow_lines.trigger_dag_run import TriggerDagRunOperator
from martech.quality.column_operators import MonitorColumnsOperator
from martech.quality.operators import (
    CheckTablesOperator,
    HealPartitionsOperator,
    ReportFailuresOperator,
    ScoreTablesOperator,
    WriteReportOperator,
)
from martech.quality.quarantine_operators import ReplayRowsOperator

from include.pipeline.alert_channels import send_alert
from include.pipeline.assets import GOLD_ASSET, QUALITY_ASSET
from include.pipeline.dag_defaults import WAREHOUSE, WINDOW_PARAMS, Tag, dag_arguments
from include.pipeline.day_chain import BUILDS, LAST, choose_days, load_chain, publish_days
from include.pipeline.settings import settings
from include.privacy.declared_personal_data import personal_columns
from include.quality.declared_checks import LAYERS, load_policy, quality_tables, raw_rules
from include.quality.declared_volume import load_volume_rules

PARAMS = {**WINDOW_PARAMS, "replay": Param(False, type="boolean", description="Put quarantined rows back, if good")}

with DAG(
    dag_id=LAST,
    schedule=wake_on_any(GOLD_ASSET, wake=settings.wake_schedule),
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, Tag.ON_ASSETS, params=PARAMS),
):
    days = "{{ window_days() }}"
    results_table = settings.table("ops", "quality_checks")
    scores_table = settings.table("ops", "quality_scores")
    load_raw_tables = partial(quality_tables, "bronze")

    replay_rows = ReplayRowsOperator(
        task_id="replay_rows",
        load_tables=raw_rules,
        quarantine_table=settings.table("ops", "quarantined_rows"),
        **WAREHOUSE,
    )
    check_tables = CheckTablesOperator.partial(
        task_id="check_tables",
        load_tables=quality_tables,
        load_raw_tables=load_raw_tables,
        days=days,
        results_table=results_table,
        **WAREHOUSE,
    ).expand(layer=list(LAYERS))
    monitor_columns = MonitorColumnsOperator.partial(
        task_id="monitor_columns",
        load_tables=quality_tables,
        load_personal=personal_columns,
        load_calendar=load_volume_rules,
        days=days,
        results_table=results_table,
        profiles_table=settings.table("ops", "column_profiles"),
        **WAREHOUSE,
    ).expand(layer=list(LAYERS))
    score_tables = ScoreTablesOperator(
        task_id="score_tables",
        days=days,
        load_weights=lambda: load_policy().weights,
        results_table=results_table,
        scores_table=scores_table,
        **WAREHOUSE,
    )
    heal_partitions = HealPartitionsOperator(
        task_id="heal_partitions",
        days=days,
        replayed_days=replay_rows.output,
        load_raw_tables=load_raw_tables,
        dags=BUILDS,
        load_most=lambda: load_policy().healing_days,
        results_table=results_table,
        healing_table=settings.table("ops", "quality_healing"),
        **WAREHOUSE,
    )
    rebuild_days = TriggerDagRunOperator.partial(task_id="rebuild_days", skip_when_already_exists=True).expand_kwargs(
        heal_partitions.output
    )
    write_report = WriteReportOperator(
        task_id="write_report",
        days=days,
        report_uri=settings.report_uri,
        results_table=results_table,
        scores_table=scores_table,
        healing_table=settings.table("ops", "quality_healing"),
        dbt_table=settings.table("ops", "dbt_results"),
        load_chain=load_chain,
        day_log=settings.table("ops", "day_log"),
        **WAREHOUSE,
    )
    report_failures = ReportFailuresOperator(
        task_id="report_failures", results_table=results_table, alert=send_alert, **WAREHOUSE
    )
    chain(
        choose_days(runs_without_days=True),
        replay_rows,
        [check_tables, monitor_columns],
        score_tables,
        heal_partitions,
        [rebuild_days, write_report],
    )
    # What was found does not matter here: a day that was checked and is bad is not checked again by itself.
    chain(write_report, [publish_days(QUALITY_ASSET), report_failures])
