"""What BigQuery and the rest cost and may cost: ``vars`` of dbt_project.yml, and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from martech.costs.bill import BillPrices
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


def _numbers(
    at: str, declared: Mapping[str, Any], environ: Mapping[str, str], prefix: str = "MARKETING_"
) -> dict[str, Decimal]:
    """Return declared numbers as the environment changes them, exact.

    :param at: where they are declared, for messages.
    :param declared: numbers by name.
    :param environ: the environment.
    :param prefix: what the names of its variables begin with.
    """
    numbers: dict[str, Decimal] = {}
    for name, value in declared.items():
        variable = f"{prefix}{name.upper()}"
        text = environ.get(variable, str(value))
        try:
            numbers[name] = Decimal(text)
        except InvalidOperation:
            numbers[name] = Decimal("NaN")
        if not numbers[name].is_finite() or numbers[name] < 0:
            raise SettingsError(
                f"{variable}={text!r} is not a number of 0 or more: correct it, or {at}.{name} in dbt_project.yml."
            )
    return numbers


def load_cost_policy(declared: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> CostPolicy:
    """Read the declared prices and limits; ``MARKETING_<NAME>`` in the environment overrides one.

    :param declared: numbers by name; ``vars.costs`` if omitted.
    :param environ: the environment; ``os.environ`` if omitted.
    :raises SettingsError: for a value that is no number, or below zero.
    """
    declared = settings.variables["costs"] if declared is None else declared
    numbers = _numbers("costs", declared, os.environ if environ is None else environ)
    prices = Prices(**{name: numbers.pop(name) for name in Prices.__dataclass_fields__})
    return CostPolicy(prices=prices, **numbers)


def load_bill_prices(environ: Mapping[str, str] | None = None) -> BillPrices:
    """Read what is declared of the rest of the bill; ``MARKETING_BILL_<NAME>`` in the environment overrides one.

    :param environ: the environment; ``os.environ`` if omitted.
    :raises SettingsError: for a value that is no number, or below zero.
    """
    environ = os.environ if environ is None else environ
    return BillPrices(**_numbers("bill", settings.variables["bill"], environ, "MARKETING_BILL_"))


cost_policy = load_cost_policy()
