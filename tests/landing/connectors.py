"""Tables as connectors make them: read from CSV with the types that their values have, or written here by hand.

``connector_tables`` holds headers and a few rows of the public integration tests of Fivetran's dbt packages
(dbt_shopify, dbt_zendesk, dbt_google_ads, dbt_salesforce, dbt_ga4_export; Apache-2.0), without personal values.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery

CONNECTOR_TABLES = Path(__file__).parent / "connector_tables"
SYNCED = "_fivetran_synced"
# The day to which rows sync whose table has lost the column in the packages' tests.
SYNCED_AT = "2025-07-18 12:00:00"
PATTERNS = {
    "BOOL": re.compile(r"true|false", re.IGNORECASE),
    "INT64": re.compile(r"-?\d{1,18}"),
    "FLOAT64": re.compile(r"-?\d+\.\d+"),
    "DATE": re.compile(r"\d{4}-\d\d-\d\d"),
    "TIMESTAMP": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC)?"),
}


def _type(values: Iterable[str]) -> str:
    """Return the type of a column by its values; text where it has none."""
    given = [value for value in values if value]
    matching = [kind for kind, pattern in PATTERNS.items() if given and all(pattern.fullmatch(v) for v in given)]
    if (
        not matching
        and given
        and all(PATTERNS["INT64"].fullmatch(v) or PATTERNS["FLOAT64"].fullmatch(v) for v in given)
    ):
        return "FLOAT64"
    return matching[0] if matching else "STRING"


def _typed(value: str, kind: str) -> Any:
    if not value:
        return None
    if kind == "BOOL":
        return value.lower() == "true"
    return value.replace(" UTC", "") if kind == "TIMESTAMP" else value


def read_table(path: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return types and rows of a connector's table.

    :param path: CSV file with a header.
    """
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    columns = {name: [row[index].strip() for row in rows] for index, name in enumerate(header)}
    types = {name: _type(values) for name, values in columns.items()}
    if SYNCED not in types:
        types[SYNCED] = "TIMESTAMP"
        columns[SYNCED] = [SYNCED_AT] * len(rows)
    typed = {name: [_typed(value, types[name]) for value in values] for name, values in columns.items()}
    return types, [{name: values[index] for name, values in typed.items()} for index in range(len(rows))]


class Connectors:
    """Datasets of connectors in one project of the embedded warehouse."""

    def __init__(self, client: bigquery.Client) -> None:
        self.client = client

    def make_dataset(self, name: str) -> None:
        """Create an empty dataset."""
        self.client.query(f"create schema `{self.client.project}.{name}`").result()

    def make_table(
        self, dataset: str, name: str, types: Mapping[str, str], rows: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Create a table as a connector does: no partitions, no required columns.

        :param types: GoogleSQL types by column.
        :param rows: JSON values by column.
        """
        table = f"{self.client.project}.{dataset}.{name}"
        if any("<" in kind for kind in types.values()):
            columns = ", ".join(f"`{column}` {kind}" for column, kind in types.items())
            self.client.query(f"create or replace table `{table}` ({columns})").result()
        else:
            schema = [bigquery.SchemaField(column, kind) for column, kind in types.items()]
            self.client.delete_table(table, not_found_ok=True)
            self.client.create_table(bigquery.Table(table, schema))
        if rows:
            lines = io.BytesIO("\n".join(json.dumps(row) for row in rows).encode())
            config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
            self.client.load_table_from_file(lines, table, job_config=config).result()

    def make_tables(self, dataset: str, folder: str) -> list[str]:
        """Create a dataset with every table of a folder of ``connector_tables``, and return their names."""
        self.make_dataset(dataset)
        files = sorted((CONNECTOR_TABLES / folder).glob("*.csv"))
        for file in files:
            types, rows = read_table(file)
            self.make_table(dataset, file.stem, types, rows)
        return [file.stem for file in files]


# The columns of Google's export that landing reads, and those beside them in the same records.
PARAMETERS = (
    "ARRAY<STRUCT<key STRING, value STRUCT<string_value STRING, int_value INT64, float_value FLOAT64, "
    "double_value FLOAT64>>>"
)
GA4_EVENTS = {
    "event_date": "STRING",
    "event_timestamp": "INT64",
    "event_name": "STRING",
    "event_params": PARAMETERS,
    "event_value_in_usd": "FLOAT64",
    "event_bundle_sequence_id": "INT64",
    "user_id": "STRING",
    "user_pseudo_id": "STRING",
    "user_first_touch_timestamp": "INT64",
    "device": (
        "STRUCT<category STRING, mobile_brand_name STRING, mobile_model_name STRING, operating_system STRING, "
        "operating_system_version STRING, advertising_id STRING, language STRING, "
        "web_info STRUCT<browser STRING, browser_version STRING, hostname STRING>>"
    ),
    "geo": "STRUCT<city STRING, country STRING, continent STRING, region STRING>",
    "app_info": "STRUCT<id STRING, version STRING>",
    "traffic_source": "STRUCT<name STRING, medium STRING, source STRING>",
    "platform": "STRING",
    "ecommerce": "STRUCT<purchase_revenue_in_usd FLOAT64, transaction_id STRING>",
    "collected_traffic_source": (
        "STRUCT<manual_campaign_name STRING, manual_source STRING, manual_medium STRING, manual_term STRING, "
        "manual_content STRING, gclid STRING>"
    ),
    "session_traffic_source_last_click": (
        "STRUCT<manual_campaign STRUCT<campaign_name STRING, source STRING, medium STRING, term STRING, "
        "content STRING>, google_ads_campaign STRUCT<campaign_id STRING>, "
        "cross_channel_campaign STRUCT<default_channel_group STRING>>"
    ),
    "batch_event_index": "INT64",
}
GA4_USERS = {
    "pseudo_user_id": "STRING",
    "occurrence_date": "STRING",
    "user_info": "STRUCT<last_active_timestamp_micros INT64, user_first_touch_timestamp_micros INT64>",
    "device": "STRUCT<mobile_model_name STRING>",
    "geo": "STRUCT<city STRING, country STRING>",
    "user_properties": "ARRAY<STRUCT<key STRING, value STRUCT<string_value STRING, set_timestamp_micros INT64>>>",
    "user_ltv": "STRUCT<revenue_in_usd FLOAT64>",
}


def parameters(**values: str | int | float) -> list[dict[str, Any]]:
    """Return event parameters as the export keeps them: each under the field of its type."""
    fields = {str: "string_value", int: "int_value", float: "double_value"}
    return [{"key": key, "value": {fields[type(value)]: value}} for key, value in values.items()]


def ga4_event(when: datetime, name: str, user: str, platform: str = "WEB", **values: Any) -> dict[str, Any]:
    """Return an event of the export.

    :param when: its time, UTC, which is the property's time zone here.
    :param user: ``user_pseudo_id``.
    :param values: parameters, and columns of the export.
    """
    columns = {key: value for key, value in values.items() if key in GA4_EVENTS}
    given = {key: value for key, value in values.items() if key not in GA4_EVENTS}
    return {
        "event_date": f"{when:%Y%m%d}",
        "event_timestamp": int(when.replace(tzinfo=UTC).timestamp() * 1_000_000),
        "event_name": name,
        "user_pseudo_id": user,
        "platform": platform,
        "event_params": parameters(**given),
        **columns,
    }
