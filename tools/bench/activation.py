"""How fast records reach each destination, and how much memory the worker takes for it.

``python -m tools.bench.activation SYNC`` is the worker: a process that plans and sends, as the tasks of a sync do, and
prints its seconds and its peak of memory as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.activation import engine
from martech.activation.destinations import DESTINATIONS
from martech.activation.ledger import Ledger

from include.activation.declared_syncs import load_syncs
from include.pipeline.settings import settings
from tools.bench.commands import create_tables, python, warehouse
from tools.bench.results import Results
from tools.local.report import warehouse_client
from tools.local.services import REPOSITORY, StackError

START_SECONDS = 120
# Slack takes a message a second, whatever the machine.
MOST_ROWS = {"slack": 30}
# Braze lets nobody ask for more than 12,500 profiles a minute: what is measured is ours.
OPTIONS = {"braze": {"verify_profiles": False}}
CUSTOMERS = """select
        concat('c', lpad(cast(n as string), 8, '0')) as customer_id"""
# Columns that the declared syncs read; everybody consents.
SOURCES = {
    "silver.customer_360": f"""{CUSTOMERS},
        concat('braze-', cast(n as string)) as braze_user_id,
        concat('003', lpad(cast(n as string), 15, '0')) as salesforce_contact_id,
        concat('person', cast(n as string), '@example.com') as email,
        concat('+1555', lpad(cast(n as string), 7, '0')) as phone,
        'Ann' as first_name, concat('Example ', cast(n as string)) as last_name,
        'US' as country, '94105' as postal_code, 'customer' as lifecycle_stage, 'low' as churn_risk_category,
        true as is_customer, current_date() as last_order_date, false as is_unsubscribed,
        'granted' as ad_user_data, 'granted' as ad_personalization""",
    "gold.customer_health_scores": f"""{CUSTOMERS},
        concat('Ann Example ', cast(n as string)) as full_name, 'Acme' as account_name, '005A' as account_owner_id,
        mod(n * 7919, 10000) / 100 as health_score, 'critical' as health_category, 0.25 as churn_risk_score,
        'recency' as weakest_component, ['Call', 'Offer a discount'] as recommended_actions""",
    "gold.lead_scores": f"""{CUSTOMERS},
        concat('00Q', lpad(cast(n as string), 15, '0')) as lead_id, mod(n * 7919, 10000) / 100 as lead_score,
        'A' as lead_grade, 0.25 as conversion_probability, cast(mod(n, 1000) as numeric) as expected_value,
        'USD' as currency, 50.0 as sales_readiness_score, 'sql' as qualification_status,
        'Call within a day' as recommended_next_action, false as is_converted, current_date() as created_date""",
    "silver.unified_leads": """select
        concat('00Q', lpad(cast(n as string), 15, '0')) as lead_id, false as is_unsubscribed,
        timestamp(current_date()) as created_at, concat('lead', cast(n as string), '@example.com') as email,
        cast(null as string) as phone, cast(null as string) as gclid""",
    "silver.unified_transactions": f"""{CUSTOMERS},
        concat('shopify:', cast(n as string)) as transaction_id, timestamp(current_date()) as transaction_at,
        current_date() as transaction_date, cast(mod(n, 1000) as numeric) as original_net_revenue, 'EUR' as currency,
        concat('gclid-', cast(n as string)) as gclid""",
}


def measure(arguments: argparse.Namespace, work: Path, results: Results) -> None:
    """Fill each destination, and run again where nothing is new."""
    with warehouse() as url, _destinations(work):
        create_tables(url)
        client = warehouse_client(url)
        rows: int = arguments.activation_rows
        for sync in load_syncs():
            records = min(rows, MOST_ROWS.get(sync.destination, rows))
            for model, select in SOURCES.items():
                client.query(
                    f"create or replace table `{settings.named(model)}` as "
                    f"{select} from unnest(generate_array(1, {records})) as n"
                ).result()
            first = json.loads(python("tools.bench.activation", sync.name)[1].splitlines()[-1])
            again = json.loads(python("tools.bench.activation", sync.name)[1].splitlines()[-1])
            if first["held"] != records:
                raise StackError(f"{sync.name}: {first['held']} of {records} records arrived")
            results.add(
                f"`{sync.name}`",
                f"{records:,} records in {first['seconds']:.0f} s ({records / first['seconds']:,.1f}/s), "
                f"peak {first['peak_mb']:.0f} MB; with nothing new {again['seconds']:.1f} s",
            )


@contextmanager
def _destinations(work: Path) -> Iterator[None]:
    """Serve the local destinations and let Airflow's connections lead to them."""
    connections = work / "connections.json"
    command = [sys.executable, "-m", "tools.destinations", "serve", "--connections", str(connections)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as server:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not connections.exists():
                if server.poll() is not None or time.monotonic() > deadline:
                    raise StackError("the local destinations did not start: start them by hand to see why")
                time.sleep(0.1)
            for name, connection in json.loads(connections.read_text()).items():
                os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(connection)
            os.environ["AIRFLOW_HOME"] = str(work)
            yield
        finally:
            server.terminate()


def run(name: str) -> dict[str, float]:
    """Plan and send a sync, and return seconds, records at the destination and the peak of memory in MB."""
    found = next(sync for sync in load_syncs() if sync.name == name)
    sync = replace(found, options=found.options | OPTIONS.get(found.destination, {}))
    client = bigquery.Client(settings.project_id, credentials=AnonymousCredentials())
    ledger = Ledger(client, sync, table=settings.named, run_id="bench")
    began = time.monotonic()
    ledger.preview(full_resync=False, retry_dead_letters=False)
    full_resync = ledger.is_first_run()
    plan_id = engine.plan_sync(ledger, sync, full_resync=full_resync, confirm_removals=True)
    engine.send_changes(ledger, sync, DESTINATIONS[sync.destination](sync), plan_id)
    row = engine.report_sync(ledger, sync, plan_id, run_id="bench", full_resync=full_resync, dry_run=False)
    return {
        "seconds": time.monotonic() - began,
        "held": row["in_destination"],
        "peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """Return the peak of this process; what getrusage says may be that of the one that started it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
