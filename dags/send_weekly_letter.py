"""
### Send weekly letter: what changed last week, which parts did it, what to do

On Mondays after gold's deadline it compares last week with the week before: metrics of `include/dbt/models/metrics`,
the channels, campaigns and segments that changed them (what they did adds up to the change), and what to do. It writes
`letter-<Monday>.html` to `MARKETING_REPORT_URI` and sends it by e-mail (connection `smtp_letter`) and Slack
(`slack_letter`), once to each. Nobody is named in it. A week before that is not whole is not compared with.

**To look first** trigger with `{"dry_run": true}`: the page is written, nothing is sent. `{"week": "2026-11-18"}` takes
the week of that day, `{"again": true}` sends what was sent.

**When it fails** nothing else does. The log says which days gold lacks (look at `build_gold`) or which channel did not
take the letter (correct its connection). Clear the task then: who has the letter does not get it again.

**Owner** marketing-data · **Reads** gold, `ops` · **Writes** `MARKETING_REPORT_URI`, `ops.letters_sent` · **Declared
in** `include/letters/weekly_letter.yml` · **How it works** `docs/dashboards.md`
"""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG, Param
from martech.letters.operators import SendLetterOperator

from include.dashboards.declared_targets import load_targets
from include.letters.declared_letter import letter_channels, load_plan
from include.pipeline.dag_defaults import WAREHOUSE, Tag, dag_arguments
from include.pipeline.dbt_manifest import load_manifest
from include.pipeline.settings import SQL_DIR, settings

PARAMS = {
    "week": Param(None, type=["null", "string"], format="date", description="A day of the week; the last whole one"),
    "dry_run": Param(False, type="boolean", description="Write the page, send nothing"),
    "again": Param(False, type="boolean", description="Send what was sent already"),
}

with DAG(
    dag_id="send_weekly_letter",
    schedule=None if settings.letter_schedule == "none" else settings.letter_schedule,
    doc_md=__doc__,
    **dag_arguments(Tag.OPERATIONS, params=PARAMS),
):
    SendLetterOperator(
        task_id="send_letter",
        load_manifest=load_manifest,
        load_plan=load_plan,
        load_targets=load_targets,
        sql_folder=SQL_DIR / "metrics",
        sql_context=settings.sql_context,
        report_uri=settings.report_uri,
        quality_checks=settings.table("ops", "quality_checks"),
        letters_sent=settings.table("ops", "letters_sent"),
        channels=letter_channels(),
        currency=settings.variables["reporting_currency"],
        **WAREHOUSE,
    )
