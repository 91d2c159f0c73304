"""Stands in for dbt's ``modules`` when sqlfluff renders the models."""

import datetime

__all__ = ["datetime"]
