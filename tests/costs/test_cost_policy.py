from __future__ import annotations

from decimal import Decimal

import pytest

from include.pipeline.cost_policy import cost_policy, load_cost_policy
from include.pipeline.settings import SettingsError, settings

DECLARED = settings.variables["costs"]


def test_declared_prices_are_exact() -> None:
    assert cost_policy.prices.on_demand_usd_per_tib == Decimal("6.25")
    assert {name: type(price) for name, price in cost_policy.prices.values().items()} == dict.fromkeys(
        [name for name in DECLARED if "_usd_per_" in name], Decimal
    )


def test_environment_overrides_price_and_budget() -> None:
    policy = load_cost_policy(DECLARED, {"MARKETING_MONTHLY_BUDGET_USD": "12.5", "MARKETING_SLOT_USD_PER_HOUR": "0.04"})
    assert (policy.monthly_budget_usd, policy.prices.slot_usd_per_hour) == (Decimal("12.5"), Decimal("0.04"))


@pytest.mark.parametrize("value", ["", "ten", "-1", "nan", "inf"])
def test_what_is_no_amount_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"MARKETING_MONTHLY_BUDGET_USD=.* is not a number of 0 or more"):
        load_cost_policy(DECLARED, {"MARKETING_MONTHLY_BUDGET_USD": value})
