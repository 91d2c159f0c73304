"""What BigQuery costs and may cost: ``vars.costs`` of dbt_project.yml, and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from martech.costs.prices import Prices

from include.pipeline.settings import SettingsError, settings

# How messages call it.
BUDGET_SETTING = "monthly_budget_usd in include/dbt/dbt_project.yml (MARKETING_MONTHLY_BUDGET_USD)"


@dataclass(frozen=True)
class CostPolicy:
    """Prices and limits, US dollars.

    :param prices: what BigQuery charges.
    :param monthly_budget_usd: what a month may cost.
    :param budget_error_share: a forecast above the budget by this share is an error, below it a warning.
    :param anomaly_minimum_usd: a daily rise of less is never worth a warning.
    """

    prices: Prices
    monthly_budget_usd: Decimal
    budget_error_share: Decimal
    anomaly_minimum_usd: Decimal


def load_cost_policy(declared: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> CostPolicy:
    """Read the declared prices and limits; ``MARKETING_<NAME>`` in the environment overrides one.

    :param declared: numbers by name; ``vars.costs`` if omitted.
    :param environ: the environment; ``os.environ`` if omitted.
    :raises SettingsError: for a value that is no number, or below zero.
    """
    declared = settings.variables["costs"] if declared is None else declared
    environ = os.environ if environ is None else environ
    numbers: dict[str, Decimal] = {}
    for name, value in declared.items():
        variable = f"MARKETING_{name.upper()}"
        text = environ.get(variable, str(value))
        try:
            numbers[name] = Decimal(text)
        except InvalidOperation:
            numbers[name] = Decimal("NaN")
        if not numbers[name].is_finite() or numbers[name] < 0:
            raise SettingsError(
                f"{variable}={text!r} is not a number of 0 or more: correct it, or costs.{name} in dbt_project.yml."
            )
    prices = Prices(**{name: numbers.pop(name) for name in Prices.__dataclass_fields__})
    return CostPolicy(prices=prices, **numbers)


cost_policy = load_cost_policy()
