"""The warehouse as the activation tests see it: sources made from rows, ops tables as lists of rows."""

from __future__ import annotations

import json
from typing import Any

from google.cloud import bigquery
from martech.activation.ledger import Ledger
from martech.activation.sync import Sync

from include.pipeline.settings import settings

OPS_TABLES = ("state", "outbox", "changelog", "dead_letters", "runs", "targets", "requests")


def table(name: str) -> str:
    """Return the full name of ``layer.table``."""
    return settings.named(name)


class Warehouse:
    """Makes sources and reads results."""

    def __init__(self, client: bigquery.Client) -> None:
        self.client = client

    def run(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement; ``{name}`` stands for a table such as ``gold.lead_scores``."""
        for layer in settings.layers.values():
            sql = sql.replace(f"@{layer.name}.", f"{settings.project_id}.{layer.dataset}.")
        return [dict(row) for row in self.client.query(sql).result()]

    def ledger(self, sync: Sync, run_id: str = "manual__test") -> Ledger:
        """Return the ledger of a sync."""
        return Ledger(self.client, sync, table=table, run_id=run_id)

    def ops(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of ``activation_<name>``."""
        return self.run(f"select * from `@ops.activation_{name}`")

    def empty_ops_tables(self) -> None:
        """Forget all runs."""
        for name in OPS_TABLES:
            self.run(f"delete from `@ops.activation_{name}` where true")
        self.run("delete from `@ops.activation_measures` where measured_at >= timestamp '2000-01-01'")

    def make_leads(self, count: int) -> None:
        """Make lead scores and the leads' consent; every 50th lead has opted out, every 10th came by a click."""
        self.run(
            f"""create or replace table `@gold.lead_scores` as
            select
                concat('00Q', lpad(cast(i as string), 15, '0')) as lead_id,
                round(mod(i * 7919, 10000) / 100, 2) as lead_score,
                substr('ABCDEF', mod(i, 6) + 1, 1) as lead_grade,
                round(mod(i * 31, 1000) / 1000, 3) as conversion_probability,
                if(mod(i, 11) = 0, null, round(mod(i * 17, 1000) / 10, 1)) as sales_readiness_score,
                concat('c', lpad(cast(i as string), 8, '0')) as customer_id,
                cast(i + 0.4 as numeric) as expected_value,
                'USD' as currency,
                date_sub(current_date(), interval 1 day) as created_date,
                false as is_converted,
                'sql' as qualification_status,
                'Call within a day, "today" if possible' as recommended_next_action
            from unnest(generate_array(1, {int(count)})) as i"""
        )
        self.run(
            """create or replace table `@silver.unified_leads` as
            select
                lead_id,
                timestamp(created_date) as created_at,
                concat('Lead', lead_id, '@example.com') as email,
                '+15550001' as phone,
                if(mod(cast(substr(lead_id, 4) as int64), 10) = 0, concat('gclid-', lead_id), null) as gclid,
                mod(cast(substr(lead_id, 4) as int64), 50) = 0 as is_unsubscribed
            from `@gold.lead_scores`"""
        )

    def make_transactions(self, count: int) -> None:
        """Make an order of yesterday per customer, every 10th with a click id; ``make_customers`` comes first."""
        self.run(
            f"""create or replace table `@silver.unified_transactions` as
            select
                concat('shopify:', cast(i as string)) as transaction_id,
                concat('c', lpad(cast(i as string), 8, '0')) as customer_id,
                timestamp_sub(timestamp_trunc(current_timestamp(), day), interval 20 hour) as transaction_at,
                date_sub(current_date(), interval 1 day) as transaction_date,
                cast(i + 0.5 as numeric) as original_net_revenue,
                'EUR' as currency,
                if(mod(i, 10) = 0, concat('gclid-', cast(i as string)), null) as gclid
            from unnest(generate_array(1, {int(count)})) as i"""
        )

    def make_customers(self, count: int) -> None:
        """Make customers with their health; every 50th has opted out, every 5th shares a phone with the next."""
        self.run(
            f"""create or replace table `@silver.customer_360` as
            select
                concat('c', lpad(cast(i as string), 8, '0')) as customer_id,
                concat('braze-', cast(i as string)) as braze_user_id,
                concat('003', lpad(cast(i as string), 15, '0')) as salesforce_contact_id,
                concat('Person', cast(i as string), '@Example.com') as email,
                concat('+1555', lpad(cast(if(mod(i, 5) = 0, i + 1, i) as string), 7, '0')) as phone,
                'Ann-Marie' as first_name,
                concat('O\\'Neil ', cast(i as string)) as last_name,
                if(mod(i, 3) = 0, 'Atlantis', if(mod(i, 3) = 1, 'us', 'United States')) as country,
                '94105' as postal_code,
                'customer' as lifecycle_stage,
                'low' as churn_risk_category,
                true as is_customer,
                cast(i as numeric) as total_revenue,
                cast(0 as numeric) as revenue_90d,
                date '2026-11-01' as last_order_date,
                mod(i, 50) = 0 as is_unsubscribed,
                'granted' as ad_user_data,
                'granted' as ad_personalization
            from unnest(generate_array(1, {int(count)})) as i"""
        )
        self.run(
            """create or replace table `@gold.customer_health_scores` as
            select
                customer_id,
                concat(first_name, ' ', last_name) as full_name,
                'Acme & <Sons>' as account_name,
                '005A' as account_owner_id,
                round(mod(cast(substr(customer_id, 2) as int64) * 7919, 10000) / 100, 2) as health_score,
                'healthy' as health_category,
                0.25 as churn_risk_score,
                'recency' as weakest_component,
                ['Call', 'Offer a discount'] as recommended_actions
            from `@silver.customer_360`"""
        )


class TaskInstance:
    """Keeps what a task returned for the tasks after it."""

    dag_id = "activate_test"
    task_id = "test"
    run_id = "manual__test"
    try_number = 1

    def __init__(self) -> None:
        self.plan_id: str | None = None
        self.pushed: dict[str, Any] = {}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.plan_id if key == "return_value" else self.pushed.get(key)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = json.loads(json.dumps(value))  # as Airflow keeps it
