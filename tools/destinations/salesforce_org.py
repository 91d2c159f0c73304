"""The objects of a Salesforce org: which fields they have, and what Salesforce says to a wrong value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

GRADES = {"A", "B", "C", "D", "E", "F"}


def number(digits: int) -> Callable[[Any], tuple[str, str] | None]:
    """Return the check of a number field with so many digits before the point."""

    def check(value: Any) -> tuple[str, str] | None:
        try:
            too_large = abs(float(value)) >= 10**digits
        except (TypeError, ValueError):
            return "INVALID_TYPE_ON_FIELD_IN_RECORD", f"value not of required type: {value}"
        return ("NUMBER_OUTSIDE_VALID_RANGE", f"{value} is outside of the valid range") if too_large else None

    return check


def text(length: int, allowed: set[str] | None = None) -> Callable[[Any], tuple[str, str] | None]:
    """Return the check of a text field, or of a restricted picklist."""

    def check(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return "INVALID_TYPE_ON_FIELD_IN_RECORD", f"value not of required type: {value}"
        if len(value) > length:
            return "STRING_TOO_LONG", f"data value too large: {value} (max length={length})"
        if allowed and value not in allowed:
            return "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value for restricted picklist: {value}"
        return None

    return check


@dataclass
class SObject:
    """An object of the org.

    :param prefix: first characters of its record ids.
    :param required: fields that a new record needs.
    :param fields: check of each field that the integration user may write.
    """

    prefix: str
    external_id: str
    required: tuple[str, ...]
    fields: dict[str, Callable[[Any], tuple[str, str] | None]]
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict, repr=False)

    def key_of(self, record_id: str | None) -> str | None:
        """Return the key of a record by its id, None where there is none."""
        if not record_id or self._has(record_id, record_id):
            return record_id or None
        if not self._has(record_id, self._keys.get(record_id, "")):
            self._keys = {record["Id"]: key for key, record in self.records.items()}
        return self._keys.get(record_id)

    def _has(self, record_id: str, key: str) -> bool:
        return key in self.records and self.records[key]["Id"] == record_id


def org() -> dict[str, SObject]:
    """Return the objects of the org, with the custom fields that docs/reverse_etl.md asks an admin to add."""
    return {
        "Lead": SObject(
            "00Q",
            "Marketing_Lead_Id__c",
            ("LastName", "Company"),
            {
                "LastName": text(80),
                "Company": text(255),
                "Lead_Score__c": number(3),
                "Lead_Grade__c": text(1, GRADES),
                "Conversion_Probability__c": number(1),
                "Sales_Readiness_Score__c": number(3),
                "Qualification_Status__c": text(40),
                "Recommended_Next_Action__c": text(255),
            },
        ),
        "Contact": SObject(
            "003",
            "Marketing_Contact_Id__c",
            ("LastName",),
            {
                "LastName": text(80),
                "Health_Score__c": number(3),
                "Health_Category__c": text(40),
                "Churn_Risk_Score__c": number(1),
                "Weakest_Health_Component__c": text(80),
                "Recommended_Actions__c": text(1_000),
            },
        ),
    }


def is_number(check: Callable[[Any], Any]) -> bool:
    return check.__qualname__.startswith("number")


def number_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def row_error(code: str, message: str, fields: list[str] | None = None) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": fields or []}]}
