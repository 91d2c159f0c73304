"""A worker that a test can kill: plans if need be, then sends, and dies where it is told to.

``worker.py SYNC PLAN_FILE [--die-before-record N]``: the N-th time that results are to be recorded, the process
kills itself, so that what it has sent stays unrecorded.
"""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from martech.activation import engine
from martech.activation.destinations import DESTINATIONS
from martech.activation.hooks import braze, google_conversions, google_data_manager, salesforce
from martech.activation.ledger import Ledger

from include.activation.declared_syncs import load_syncs
from include.pipeline.settings import settings
from tests.activation.warehouse import table

parser = argparse.ArgumentParser()
parser.add_argument("sync")
parser.add_argument("plan_file", type=Path)
parser.add_argument("--die-before-record", type=int, default=0)
parser.add_argument("--bulk-above", type=int, default=salesforce.BULK_ABOVE_RECORDS)
arguments = parser.parse_args()

# Smaller requests than the destinations allow, so that there are enough of them to fail.
salesforce.BULK_ABOVE_RECORDS = arguments.bulk_above
salesforce.BULK_RECORDS = 1_000
braze.EXPORTS = 100_000
google_conversions.EVENTS_PER_REQUEST = 200
google_data_manager.MEMBERS_PER_REQUEST = 200

sync = next(sync for sync in load_syncs() if sync.name == arguments.sync)
sync = replace(sync, limits=replace(sync.limits, timeout_seconds=1.0, record_every_rows=1_500, max_attempts=12))
client = bigquery.Client(settings.project_id, credentials=AnonymousCredentials())
ledger = Ledger(client, sync, table=table, run_id="scheduled__chaos")

records = 0
record = Ledger.record


def record_or_die(*args, **kwargs) -> None:
    """Record, unless this is the moment to die."""
    global records  # noqa: PLW0603 - a script
    records += 1
    if records == arguments.die_before_record:
        os.kill(os.getpid(), signal.SIGKILL)
    record(*args, **kwargs)


Ledger.record = record_or_die
if not arguments.plan_file.exists():
    arguments.plan_file.write_text(engine.plan_sync(ledger, sync, confirm_removals=True))
engine.send_changes(ledger, sync, DESTINATIONS[sync.destination](sync), arguments.plan_file.read_text())
