"""How bad a finding is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """What a check that failed, or an alert, means. Declarations and tables write its value."""

    ERROR = "error"  # stops the chain or fails the run, and calls someone
    WARNING = "warning"  # is reported and recorded
