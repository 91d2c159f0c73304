"""``python -m tools.evaluate.customers --sample DIR``: compare scores of customers with what they went on to do.

The warehouse must hold gold built from the first days of the sample in ``DIR``; the days after are held out: they say
who bought again and what it brought. BG/NBD with gamma-gamma and a logistic regression on ten columns are measured on
the same customers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from google.api_core.exceptions import GoogleAPIError

from include.pipeline.settings import settings
from tools.evaluate.customers.baselines import BgNbd, Floats, Histories, gamma_gamma, regression
from tools.evaluate.customers.figures import auc, brier, ratio_by_age, slope, top_share
from tools.sample_sources.loader import warehouse_client

CHURN_DAYS = int(settings.variables["churned_after_days"]["order"])
VALUE_DAYS = 365
# The facts of a customer that marketing looks at first.
TEN_COLUMNS = (
    "days_since_last_order", "order_count", "orders_90d", "average_days_between_orders", "days_since_last_seen",
    "sessions_30d", "sessions_90d", "messages_opened_90d", "open_tickets", "is_unsubscribed",
)  # fmt: skip
CUSTOMERS_SQL = """
    select facts.*, health.health_score, health.churn_risk_score, health.score_date, scores.engagement_score,
        value.expected_value_365d
    from `{health}` as health
    inner join `{facts}` as facts on health.customer_id = facts.customer_id
    inner join `{scores}` as scores on health.customer_id = scores.customer_id
    inner join `{value}` as value on health.customer_id = value.customer_id
    order by facts.customer_id
"""
PURCHASES_SQL = """
    select customer_id, transaction_date, sum(net_revenue) as net_revenue
    from `{transactions}`
    where transaction_date <= '{day}' and net_revenue > 0 and not is_cancelled and customer_id is not null
    group by customer_id, transaction_date
"""
RECORDS_SQL = "select identity_key, customer_id from `{identity_map}`"


@dataclass(frozen=True)
class Purchase:
    """What a source record bought.

    :param identity_key: of the record.
    :param value: net revenue, before tax and shipping.
    """

    identity_key: str
    day: date
    value: float

    @property
    def is_deal(self) -> bool:
        """Whether it was a won opportunity."""
        return self.identity_key.startswith("salesforce:")


def _newest(sample: Path, table: str) -> list[dict[str, Any]]:
    rows: dict[Any, dict[str, Any]] = {}
    for path in sorted((sample / table).glob("*.ndjson")):
        with path.open() as lines:
            for line in lines:
                row = json.loads(line)
                if row["id"] not in rows or rows[row["id"]]["_fivetran_synced"] <= row["_fivetran_synced"]:
                    rows[row["id"]] = row
    return list(rows.values())


def read_purchases(sample: Path) -> list[Purchase]:
    """Return what was bought at any time, by what the sources know at the end of the sample.

    :param sample: what ``tools.sample_sources generate`` wrote.
    :raises FileNotFoundError: where there are no orders.
    """
    if not (sample / "shopify_orders").is_dir():
        raise FileNotFoundError(f"{sample} has no folder shopify_orders: write it with tools.sample_sources generate.")
    purchases = []
    for row in _newest(sample, "shopify_orders"):
        if row["_fivetran_deleted"] or row["test"] or row.get("cancelled_at") or row["financial_status"] == "voided":
            continue
        value = max(0.0, float(row["subtotal_price"]) - float(row["total_refunded"] or 0))
        owner = f"customer:{row['customer_id']}" if row.get("customer_id") else f"order:{row['id']}"
        purchases.append(Purchase(f"shopify:{owner}", date.fromisoformat(row["created_at"][:10]), value))
    for row in _newest(sample, "salesforce_opportunities"):
        if row["is_won"] and not row["is_deleted"] and row.get("contact_id"):
            day = date.fromisoformat(row["close_date"])
            purchases.append(Purchase(f"salesforce:contact:{row['contact_id']}", day, float(row["amount"])))
    return [purchase for purchase in purchases if purchase.value > 0]


def histories(customers: list[dict[str, Any]], purchases: list[dict[str, Any]], day: date) -> Histories:
    """Return what BG/NBD and gamma-gamma need of each customer.

    :param customers: rows with ``customer_id``, each with a purchase.
    :param purchases: rows per customer and day, until the day of the forecast.
    :param day: of the forecast.
    """
    days: dict[str, list[date]] = defaultdict(list)
    value: dict[str, float] = defaultdict(float)
    for row in purchases:
        days[row["customer_id"]].append(row["transaction_date"])
        value[row["customer_id"]] += float(row["net_revenue"])
    own = [sorted(days[row["customer_id"]]) for row in customers]
    return Histories(
        repeats=np.array([len(all_days) - 1.0 for all_days in own]),
        recency=np.array([float((all_days[-1] - all_days[0]).days) for all_days in own]),
        age=np.array([float((day - all_days[0]).days) for all_days in own]),
        mean_value=np.array(
            [value[row["customer_id"]] / len(all_days) for row, all_days in zip(customers, own, strict=True)]
        ),
    )


def measure(
    customers: list[dict[str, Any]], past: Histories, bought: dict[str, list[tuple[int, float, bool]]]
) -> dict[str, dict[str, Any]]:
    """Return the figures of each forecast.

    :param customers: rows of ``CUSTOMERS_SQL``.
    :param past: their histories, in the same order.
    :param bought: by customer, days from the forecast to the purchase, its value and whether it is a deal.
    """
    ids = [row["customer_id"] for row in customers]
    lost = np.array([float(not any(days <= CHURN_DAYS for days, _, _ in bought.get(key, []))) for key in ids])
    # Deals are few and large: whoever wins one outweighs hundreds who buy in the shop.
    came = np.array([sum(value for _, value, _ in bought.get(key, [])) for key in ids])
    came_shop = np.array([sum(value for _, value, is_deal in bought.get(key, []) if not is_deal) for key in ids])
    shops = np.array([not row["won_opportunity_count"] for row in customers])
    model = BgNbd(past)
    columns = np.array([[float(row[column] or 0) for column in TEN_COLUMNS] for row in customers])
    risks: dict[str, Floats] = {
        "churn risk": np.array([float(row["churn_risk_score"]) for row in customers]),
        "BG/NBD": 1 - model.buys(CHURN_DAYS),
        "regression on ten columns": regression(columns, lost),
    }
    rankings: dict[str, Floats] = risks | {
        name: -np.array([float(row[column]) for row in customers])
        for name, column in (("health", "health_score"), ("engagement", "engagement_score"))
    }
    values: dict[str, Floats] = {
        "lifetime value": np.array([float(row["expected_value_365d"]) for row in customers]),
        "BG/NBD and gamma-gamma": model.purchases(VALUE_DAYS) * gamma_gamma(past),
    }
    return {
        f"no order in {CHURN_DAYS} days": {
            "customers": len(ids), "share": float(lost.mean()), "auc": {n: auc(s, lost) for n, s in rankings.items()},
            "brier": {name: brier(risk, lost) for name, risk in risks.items()},
            "slope": {name: slope(risk, lost) for name, risk in risks.items()},
        },
        f"value of {VALUE_DAYS} days, without deals": {
            name: {
                "ratio": float(value[shops].sum() / came_shop[shops].sum()),
                "top tenth": top_share(value[shops], came_shop[shops]),
                "ratio by age": ratio_by_age(value[shops], came_shop[shops], past.age[shops]),
            }
            for name, value in values.items()
        },
        f"value of {VALUE_DAYS} days, with deals": {
            name: {"ratio": float(value.sum() / came.sum()), "top tenth": top_share(value, came)}
            for name, value in values.items()
        },
    }  # fmt: skip


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure scores of customers by what they went on to do.")
    parser.add_argument("--sample", type=Path, required=True, help="directory that `generate` wrote")
    parser.add_argument("--project", default=settings.project_id, help="Google Cloud project")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    client = warehouse_client(arguments.project)
    names = {name: f"{arguments.project}.{layer.dataset}" for name, layer in settings.layers.items()}
    tables = {
        "health": f"{names['gold']}.customer_health_scores", "value": f"{names['gold']}.customer_lifetime_value",
        "facts": f"{names['intermediate']}.int_customers__facts",
        "scores": f"{names['intermediate']}.int_customers__scores",
        "transactions": f"{names['silver']}.unified_transactions", "identity_map": f"{names['silver']}.identity_map",
    }  # fmt: skip
    try:
        purchases = read_purchases(arguments.sample)
        customers = [dict(row) for row in client.query(CUSTOMERS_SQL.format(**tables)).result()]
        day = customers[0]["score_date"]
        former = [dict(row) for row in client.query(PURCHASES_SQL.format(day=day, **tables)).result()]
        owners = {
            row["identity_key"]: row["customer_id"] for row in client.query(RECORDS_SQL.format(**tables)).result()
        }
    except (FileNotFoundError, GoogleAPIError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except IndexError:
        print("✗ The warehouse has no customers: build the first days of the sample.", file=sys.stderr)
        return 1
    bought: dict[str, list[tuple[int, float, bool]]] = defaultdict(list)
    for purchase in purchases:
        if purchase.identity_key in owners and day < purchase.day <= day + timedelta(days=VALUE_DAYS):
            bought[owners[purchase.identity_key]].append(((purchase.day - day).days, purchase.value, purchase.is_deal))
    figures = measure(customers, histories(customers, former, day), bought)
    print(json.dumps(figures, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
