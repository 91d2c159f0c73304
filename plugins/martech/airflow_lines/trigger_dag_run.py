"""Airflow's ``TriggerDagRunOperator``, from where each Airflow line keeps it."""

from __future__ import annotations

try:
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
except ImportError:  # Airflow 2.11
    from airflow.operators.trigger_dagrun import TriggerDagRunOperator

__all__ = ["TriggerDagRunOperator"]
