"""Where the warehouse is and how long it keeps things: read once, imported everywhere.

Defaults live in ``include/dbt/profiles.yml`` (project, location, the limit of a query) and
``include/dbt/dbt_project.yml`` (datasets, retention, windows), so that dbt, the DDL and Airflow cannot disagree; the
environment overrides them (``MARKETING_PROJECT_ID``, ``MARKETING_SILVER_DATASET`` …).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Template

INCLUDE_DIR = Path(__file__).resolve().parents[1]
DBT_DIR = INCLUDE_DIR / "dbt"
SQL_DIR = INCLUDE_DIR / "sql"
# What dbt knows of its models: Airflow reads from it how long they are kept and what is personal (`make manifest`).
MANIFEST = DBT_DIR / "target" / "manifest.json"

PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
DATASET_ID = re.compile(r"[A-Za-z0-9_]{1,1024}")
PRINCIPAL = re.compile(r"(user|group|serviceAccount|domain):[A-Za-z0-9._%+@-]+")
STEPS, MODELS = "steps", "models"
PSEUDONYMS, NAMES = "pseudonyms", "names"
ENFORCE, REPORT = "enforce", "report"
POLICY_TAG = re.compile(r"projects/[^/]+/locations/[^/]+/taxonomies/\d+/policyTags/\d+")


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable and the fix."""


@dataclass(frozen=True)
class Layer:
    """One layer of the warehouse.

    :param name: bronze, intermediate, silver, gold, ops, secrets or analytics.
    :param dataset: BigQuery dataset id.
    :param retention_days: partition expiry in days; None keeps partitions forever.
    """

    name: str
    dataset: str
    retention_days: int | None


@dataclass(frozen=True)
class Settings:
    """The warehouse's address and policy.

    :param project_id: Google Cloud project that holds all datasets.
    :param location: BigQuery location of the datasets, such as ``US``.
    :param gcp_conn_id: Airflow connection used for every BigQuery call.
    :param layers: layers by name, in the order in which data flows.
    :param variables: dbt's variables with the overrides of the environment applied.
    :param daily_schedule: cron of the chain's head, UTC (``MARKETING_DAILY_SCHEDULE``; ``none`` switches it off).
    :param wake_schedule: cron, UTC, by which every DAG of the chain looks for days that no event has told it of
        (``MARKETING_WAKE_SCHEDULE``, every two hours; off where the head is off).
    :param days_per_run: most days that a run of the chain takes by itself (``MARKETING_DAYS_PER_RUN``, 90).
    :param operations_schedule: cron of the DAGs that watch what the day cost and keeps
        (``MARKETING_OPERATIONS_SCHEDULE``, some hours after the head; off where the head is off).
    :param fit_schedule: cron of the DAG that fits the identity model (``MARKETING_FIT_SCHEDULE``, monthly; off where
        the head is off).
    :param letter_schedule: cron of the weekly letter (``MARKETING_LETTER_SCHEDULE``, on Mondays after the deadline; off
        where the head is off).
    :param gold_deadline: time of day, UTC, by which gold must have the day before (``MARKETING_GOLD_DEADLINE``, 08:00).
    :param retry_delay: wait before a task's first retry (``MARKETING_RETRY_DELAY_SECONDS``).
    :param landing_timeout: how long ingestion waits for a day's data (``MARKETING_LANDING_TIMEOUT_SECONDS``).
    :param landing_poll: how often it looks (``MARKETING_LANDING_POLL_SECONDS``).
    :param maximum_bytes_billed: a query that would read more fails (``MARKETING_MAXIMUM_BYTES_BILLED``, 1 TiB).
    :param analysts: who reads the analysts' views, such as ``group:analysts@example.com`` (``MARKETING_ANALYSTS``,
        comma-separated; nobody if unset).
    :param pipeline_account: who keeps seeing all rows, such as ``serviceAccount:…``: what Airflow and dbt run as
        (``MARKETING_PIPELINE_ACCOUNT``; needed where analysts are named).
    :param table_readers: who may read tables of silver and gold too (``MARKETING_TABLE_READERS``).
    :param removes_undeclared: whether whoever reads a dataset undeclared loses access (``MARKETING_ACCESS``:
        ``enforce``, or ``report``).
    :param privacy_role: role of Airflow that may see and trigger the DAGs about one person, beside admins
        (``MARKETING_PRIVACY_ROLE``); None leaves them to whoever may trigger all DAGs.
    :param pii_policy_tag: full name of the policy tag of personal columns (``MARKETING_PII_POLICY_TAG``); None sets
        no tags.
    :param dbt_tasks: ``steps`` or ``models``: how many tasks build a layer (``MARKETING_DBT_TASKS``).
    :param report_uri: folder of the HTML reports, such as ``gs://bucket/reports`` (``MARKETING_REPORT_URI``).
    :param dashboard_customers: ``pseudonyms`` or ``names``: how the page of customers calls them
        (``MARKETING_DASHBOARD_CUSTOMERS``).
    :param export_uri: folder of what is exported of people, which nobody but the privacy team reads
        (``MARKETING_EXPORT_URI``).
    """

    project_id: str
    location: str
    gcp_conn_id: str
    layers: dict[str, Layer]
    variables: dict[str, Any]
    daily_schedule: str
    wake_schedule: str
    days_per_run: int
    gold_deadline: time
    operations_schedule: str
    fit_schedule: str
    letter_schedule: str
    retry_delay: timedelta
    landing_timeout: timedelta
    landing_poll: timedelta
    maximum_bytes_billed: int
    dbt_tasks: str
    report_uri: str
    dashboard_customers: str
    export_uri: str
    analysts: tuple[str, ...]
    table_readers: tuple[str, ...]
    removes_undeclared: bool
    pipeline_account: str | None
    privacy_role: str | None
    pii_policy_tag: str | None

    @property
    def sql_context(self) -> dict[str, str | int]:
        """What a file in ``include/sql`` may name between double braces."""
        return {"project_id": self.project_id, "location": self.location, **self.variables}

    @property
    def pairs_per_record(self) -> dict[str, float]:
        """How many records there are per record: of the same person, of its home, of its company."""
        kinds = {"same_person": "matches", "housemate": "housemates", "colleague": "colleagues"}
        return {name: self.variables[f"identity_expected_{kind}_per_record"] for name, kind in kinds.items()}

    @property
    def gold_deadline_schedule(self) -> str:
        """Cron of the deadline; ``none`` where the chain itself does not run by the clock."""
        return "none" if self.daily_schedule == "none" else f"{self.gold_deadline:%-M %-H} * * *"

    def table(self, layer: str, table: str) -> str:
        """Return ``project.dataset.table`` for a table of a layer."""
        return f"{self.project_id}.{self.layers[layer].dataset}.{table}"

    def named(self, name: str) -> str:
        """Return ``project.dataset.table`` for ``layer.table``."""
        return self.table(*name.split("."))


def _identifier(pattern: re.Pattern[str], variable: str, value: str) -> str:
    if not pattern.fullmatch(value):
        raise SettingsError(
            f"{variable}={value!r} is not a valid BigQuery name (expected {pattern.pattern}). "
            f"Correct the environment variable {variable} or include/dbt/dbt_project.yml."
        )
    return value


def _whole(variable: str, unit: str, value: str) -> int:
    if not value.isdigit():
        raise SettingsError(f"{variable}={value!r} is not a whole number of {unit}: correct it or unset it.")
    return int(value)


def _seconds(environ: dict[str, str], variable: str, *, default: int) -> timedelta:
    return timedelta(seconds=_whole(variable, "seconds", environ.get(variable, str(default))))


def _choice(environ: dict[str, str], variable: str, *choices: str) -> str:
    value = environ.get(variable) or choices[0]
    if value not in choices:
        raise SettingsError(f"{variable}={value!r}: set it to {' or '.join(choices)}, or unset it.")
    return value


def _principals(environ: dict[str, str], variable: str) -> tuple[str, ...]:
    principals = tuple(part.strip() for part in environ.get(variable, "").split(",") if part.strip())
    for principal in principals:
        if not PRINCIPAL.fullmatch(principal):
            raise SettingsError(
                f"{variable}: {principal!r} is no principal: write group:, user:, serviceAccount: or domain: before it."
            )
    return principals


def _access(environ: dict[str, str]) -> dict[str, Any]:
    """Return who may see what: the settings about access."""
    readers = {name: _principals(environ, name) for name in ("MARKETING_ANALYSTS", "MARKETING_TABLE_READERS")}
    pipeline = _principals(environ, "MARKETING_PIPELINE_ACCOUNT")
    if len(pipeline) != 1 and (named := [name for name, principals in readers.items() if principals]):
        raise SettingsError(
            f"{named[0]} needs MARKETING_PIPELINE_ACCOUNT (one principal, what Airflow and dbt run as): a row access "
            "policy hides all rows from whoever has none, so the pipeline would read empty tables."
        )
    tag = environ.get("MARKETING_PII_POLICY_TAG") or None
    if tag and not POLICY_TAG.fullmatch(tag):
        raise SettingsError(
            f"MARKETING_PII_POLICY_TAG={tag!r} is no policy tag: write projects/…/locations/…/taxonomies/…/policyTags/…"
        )
    return {
        "analysts": readers["MARKETING_ANALYSTS"],
        "table_readers": readers["MARKETING_TABLE_READERS"],
        "removes_undeclared": _choice(environ, "MARKETING_ACCESS", ENFORCE, REPORT) == ENFORCE,
        "pipeline_account": pipeline[0] if pipeline else None,
        "privacy_role": environ.get("MARKETING_PRIVACY_ROLE") or None,
        "pii_policy_tag": tag,
    }


def _time(environ: dict[str, str], variable: str, *, default: str) -> time:
    value = environ.get(variable, default)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise SettingsError(f"{variable}={value!r} is not a time of day, UTC: write it as HH:MM.")
    return time.fromisoformat(value)


def _profile(environ: dict[str, str]) -> dict[str, str]:
    """Return what dbt connects to in production: its profile's values, rendered as dbt renders them."""
    text = (DBT_DIR / "profiles.yml").read_text()
    values = yaml.safe_load(text)["marketing"]["outputs"]["prod"]
    # dbt's filter makes a number of what is text until then.
    written = {key: str(value).replace("| as_number", "") for key, value in values.items()}
    return {key: Template(value).render(env_var=environ.get) for key, value in written.items()}


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """Read ``profiles.yml``, ``dbt_project.yml`` and the environment.

    :param environ: the environment; ``os.environ`` if omitted.
    :raises SettingsError: where a name is not a valid BigQuery identifier.
    """
    environ = dict(os.environ) if environ is None else environ
    variables = dict(yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text())["vars"])
    layers = {}
    for name in [key.removesuffix("_dataset") for key in variables if key.endswith("_dataset")]:
        variable = f"MARKETING_{name.upper()}_DATASET"
        declared: str = variables[f"{name}_dataset"]
        dataset = _identifier(DATASET_ID, variable, environ.get(variable, declared))
        variables[f"{name}_dataset"] = dataset
        layers[name] = Layer(name, dataset, variables.get(f"{name}_retention_days"))
    profile = _profile(environ)
    daily_schedule = environ.get("MARKETING_DAILY_SCHEDULE", "30 0 * * *")
    operations_schedule = "none" if daily_schedule == "none" else "30 6 * * *"
    # Not at midnight, which is the logical date of a backfilled day.
    wake_schedule = "none" if daily_schedule == "none" else "17 */2 * * *"
    return Settings(
        project_id=_identifier(PROJECT_ID, "MARKETING_PROJECT_ID", profile["project"]),
        location=profile["location"],
        gcp_conn_id=environ.get("MARKETING_GCP_CONN_ID", "google_cloud_default"),
        layers=layers,
        variables=variables,
        daily_schedule=daily_schedule,
        wake_schedule=environ.get("MARKETING_WAKE_SCHEDULE", wake_schedule),
        days_per_run=_whole("MARKETING_DAYS_PER_RUN", "days", environ.get("MARKETING_DAYS_PER_RUN", "90")),
        operations_schedule=environ.get("MARKETING_OPERATIONS_SCHEDULE", operations_schedule),
        fit_schedule=environ.get("MARKETING_FIT_SCHEDULE", "none" if daily_schedule == "none" else "0 7 1 * *"),
        letter_schedule=environ.get("MARKETING_LETTER_SCHEDULE", "none" if daily_schedule == "none" else "0 9 * * 1"),
        gold_deadline=_time(environ, "MARKETING_GOLD_DEADLINE", default="08:00"),
        retry_delay=_seconds(environ, "MARKETING_RETRY_DELAY_SECONDS", default=120),
        landing_timeout=_seconds(environ, "MARKETING_LANDING_TIMEOUT_SECONDS", default=6 * 3600),
        landing_poll=_seconds(environ, "MARKETING_LANDING_POLL_SECONDS", default=300),
        maximum_bytes_billed=_whole("MARKETING_MAXIMUM_BYTES_BILLED", "bytes", profile["maximum_bytes_billed"]),
        dbt_tasks=_choice(environ, "MARKETING_DBT_TASKS", STEPS, MODELS),
        report_uri=environ.get("MARKETING_REPORT_URI", (INCLUDE_DIR.parent / ".local" / "reports").as_uri()),
        dashboard_customers=_choice(environ, "MARKETING_DASHBOARD_CUSTOMERS", PSEUDONYMS, NAMES),
        export_uri=environ.get("MARKETING_EXPORT_URI", (INCLUDE_DIR.parent / ".local" / "exports").as_uri()),
        **_access(environ),
    )


settings = load_settings()
