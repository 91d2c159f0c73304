"""A warehouse of nine weeks of gold, made of arithmetic, and the step that writes a letter of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from martech.letters.operators import SendLetterOperator
from martech.letters.week import Week

from include.letters.declared_letter import letter_channels, load_plan
from tests.channels import Channels, Server, answering, look_in_environment, serving, taking_mail
from tests.dbt.dbt_warehouse import DbtWarehouse
from tests.gold_pages import page_arguments

# A Monday, and what is written then.
TODAY = date(2026, 11, 23)
WEEK = Week(date(2026, 11, 16))
WEEKS = 9
FIRST, LAST = WEEK.ago(WEEKS - 1).first, WEEK.last
NOISE = "mod(abs(farm_fingerprint(concat({}, cast(day as string)))), {})"
DAYS = f"unnest(generate_date_array(date '{FIRST}', date '{LAST}')) as day"


def fill(warehouse: DbtWarehouse) -> None:
    """Write gold: spend moves to a campaign that earns little, and a channel without spend earns more."""
    last = f"day >= date '{WEEK.first}'"
    counts = {"orders": 40, "new_customers": 9, "returning_customers": 9, "sessions": 900, "visiting_people_1d": 300,
              "visiting_people_28d": 3000, "leads": 30, "marketing_qualified_leads": 9, "converted_leads": 5,
              "opportunities_won": 3, "lapsed_customers": 4, "tickets": 8, "unsubscribes": 2}  # fmt: skip
    columns = ", ".join(f"20 + {NOISE.format(repr(name), most)} as {name}" for name, most in counts.items())
    warehouse.query(
        f"""insert into executive_kpis
            (kpi_date, revenue, spend, {", ".join(counts)}, lapse_rate_28d, revenue_7d, revenue_28d)
        select day, cast(3000 + {NOISE.format("'revenue'", 900)} as numeric) / 7,
            cast(500 + {NOISE.format("'spend'", 90)} as numeric), {", ".join(counts)}, 0.05, 0, 0
        from (select day, {columns} from {DAYS})""",
        "gold",
    )
    warehouse.query(
        f"""insert into campaign_performance
            (campaign_date, platform, campaign_id, campaign_name, campaign_type, channel, impressions, clicks,
             campaign_spend, platform_conversions, sessions, engaged_sessions, leads_generated, opportunities,
             opportunities_won, attributed_conversions, attributed_revenue, new_customers, credit_by_model)
        select day, 'google_ads', name, concat('Campaign ', name, ' & <Co>'), 'search',
            case when number < 5 then 'Paid Search' when number < 8 then 'Paid Social' else 'Email' end,
            1000, 100, spend, 1, 10, 5, 3, 1, 1, 1.5, revenue, 0.5,
            [struct('last_non_direct' as attribution_model, 1.5 as conversions, revenue as revenue),
             ('first_touch', 2.0, revenue + 1)]
        from (
            select day, number, name,
                cast(if(number > 7, 0, if({last} and number = 1, 400, 100) + {NOISE.format("name", 50)}) as numeric)
                    as spend,
                cast(if({last} and number = 9, 900, 300) + {NOISE.format("concat('r', name)", 99)} as numeric) / 3
                    as revenue
            from {DAYS}, unnest(generate_array(1, 9)) as number, unnest([cast(number as string)]) as name
        )""",
        "gold",
    )
    needed = ("first_touch", "last_touch", "last_non_direct", "first_touch_linear", "first_touch_time_decay",
              "first_touch_position_based", "first_touch_markov", "first_touch_shapley")  # fmt: skip
    warehouse.query(
        f"""insert into marketing_attribution
            (transaction_id, transaction_type, transaction_at, transaction_date, is_first_conversion, revenue,
             first_touch_channel, first_touch_at, last_touch_channel, last_touch_at, last_non_direct_channel,
             {", ".join(f"{name}_revenue" for name in needed)},
             touch_count, channel_count, journey_days, journey_path, is_unattributed)
        select concat(cast(day as string), '-', cast(number as string)),
            if(number > 4, 'opportunity', 'order'), timestamp(day), day, mod(number, 2) = 0,
            cast(50 * number + {NOISE.format("cast(number as string)", 40)} as numeric), 'Email', timestamp(day),
            'Email', timestamp(day), 'Email', {", ".join("0" for _ in needed)}, 1, 1, 0.0, 'Email', false
        from {DAYS}, unnest(generate_array(1, if({last}, 7, 5))) as number""",
        "gold",
    )


@pytest.fixture(scope="module")
def filled(
    serve_warehouse: Callable[..., AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DbtWarehouse]:
    """Serve a warehouse with nine weeks of gold."""
    with serve_warehouse() as url:
        warehouse = DbtWarehouse("filled-letters", url, tmp_path_factory.mktemp("filled"))
        warehouse.create_datasets()
        for layer in ("ops", "gold"):
            warehouse.create_layer(layer)
        fill(warehouse)
        yield warehouse


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> Channels:
    """Make connections in the environment, where alone they are looked up."""
    look_in_environment(monkeypatch)
    return Channels(monkeypatch)


@pytest.fixture
def slack(channels: Channels) -> Iterator[Server]:
    """Serve a webhook and connect the letter to it."""
    state = Server()
    for served in serving(answering(state), state):
        channels.slack(served.port, "slack_letter")
        yield served


@pytest.fixture
def smtp(channels: Channels) -> Iterator[Server]:
    """Serve a mail server and connect the letter to it."""
    state = Server()
    for served in serving(taking_mail(state), state):
        channels.smtp(served.port, "smtp_letter", to="team@example.com")
        yield served


def send(warehouse: DbtWarehouse, folder: Path, today: date = TODAY, **params: Any) -> str:
    """Run the step as on a day, and return where the page is.

    :param today: the day.
    :param params: params of the run.
    """
    operator = SendLetterOperator(
        task_id="send_letter",
        load_plan=load_plan,
        quality_checks=warehouse.table("ops.quality_checks"),
        letters_sent=warehouse.table("ops.letters_sent"),
        channels=letter_channels(),
        **page_arguments(warehouse, folder),
    )
    context: Any = {
        "params": {"week": None, "dry_run": False, "again": False} | params,
        "ti": SimpleNamespace(dag_id="send_weekly_letter", task_id="send_letter", run_id="run 1"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SendLetterOperator, "_today", staticmethod(lambda: today))
        return str(operator.execute(context))


def sunday(weeks: int) -> date:
    """Return the Sunday so many weeks before the letter's."""
    return LAST - timedelta(weeks=weeks)
