"""Salesforce: sObject Collections up to 2,000 records, Bulk API 2.0 above."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

import requests
from airflow.providers.common.compat.sdk import mask_secret

from martech.activation.api_client import json_of
from martech.activation.batching import batches, halves
from martech.activation.changes import BatchRejectedError, Change, FatalError, Outcome, TransientError
from martech.activation.hooks.http_hook import HttpHook
from martech.activation.rate_limit import RateLimit
from martech.activation.sync import Sync
from martech.alerts.masking import masked

SERVICES = "/services/data/v62.0"
# Name of the record id in a collection.
RECORD_ID = "id"
COLLECTION_RECORDS = 200
BULK_ABOVE_RECORDS = 2_000
BULK_RECORDS = 10_000
REQUESTS_PER_SECOND = 20
# Errors of a record that pass when the other transaction, or the overload, is over.
RETRYABLE = {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG", "QUERY_TIMEOUT"}
REFUSES_CONTENT = (400, 413)
# Codes of a refusal for which no record is to blame, but the declaration or the job.
WRONG_DECLARATION = {"INVALID_FIELD", "INVALID_TYPE", "INVALIDJOBSTATE", "INVALIDJOB", "MALFORMED_ID"}
WRONG_MAPPING = "Field name not found"  # of a bulk job
# Salesforce takes requests of 16 kB in address and headers.
LONGEST_QUERY = 12_000
IS_GONE = {"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"}
NULL = "#N/A"  # Bulk API 2.0's way to empty a field; an empty cell leaves it as it is


class SalesforceHook(HttpHook):
    """Upserts records by an external id, or updates them by record id where the declaration names no external id.

    A removed record keeps existing with its mapped fields emptied. Assignment rules stay off: a score must not give a
    lead another owner.

    The connection holds the address of the org (``host``, My Domain), and the consumer key and secret of a
    connected app with the OAuth client-credentials flow (``login``, ``password``).

    :param sync: the declaration; ``destination.object`` and ``destination.external_id`` say where to.
    """

    conn_name_attr = "salesforce_conn_id"
    default_conn_name = "salesforce_default"
    hook_name = "Salesforce (activation)"
    target_options: ClassVar[tuple[str, ...]] = ("object", "external_id")

    def __init__(self, sync: Sync) -> None:
        super().__init__(sync)
        self._object = sync.options["object"]
        self._key = sync.options.get("external_id", RECORD_ID)
        self._deletes_erased = sync.options.get("on_erasure") == "delete"
        self._erasure_fields = sync.options.get("erasure_fields", ())
        self._headers = {"Sforce-Auto-Assign": "FALSE"}
        if sync.options.get("allow_duplicates"):
            self._headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        self._fields = [column.to for column in sync.columns]
        self._token = ""
        self._user_id = ""
        self._lock = threading.Lock()
        self._api = self.api_client("Salesforce", self._authorize, RateLimit.per_second(REQUESTS_PER_SECOND))

    def batch_size(self, pending: int, *, removes: bool) -> int:
        """Return 200, or 10,000 where more than 2,000 records wait: that is what the Bulk API is for.

        Removes look up record ids first, 200 at a time, so that one refused request holds up no others.
        """
        return BULK_RECORDS if pending > BULK_ABOVE_RECORDS and not removes else COLLECTION_RECORDS

    def prepare(self) -> None:
        """Wait for bulk jobs that a killed run left behind, so that they cannot overwrite what comes now."""
        for job in self._jobs():
            if job["object"] != self._object or job["createdById"] != self._user_id:
                continue
            if job["state"] == "Open":
                self.patiently(self._end_job, job["id"], "Aborted")
            elif job["state"] in ("UploadComplete", "InProgress"):
                self._finished_job(job["id"])

    def _jobs(self) -> list[dict[str, Any]]:
        """Return the jobs of all pages of the list."""
        jobs: list[dict[str, Any]] = []
        path: str | None = "/jobs/ingest?jobType=V2Ingest"
        while path:
            page = self.patiently(self._call, "GET", path)
            jobs += page["records"]
            path = (page.get("nextRecordsUrl") or "").removeprefix(SERVICES) or None
        return jobs

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        """Bring changes of one kind to Salesforce; see ``Destination.send``."""
        if changes[0].action == "remove":
            erased = [change for change in changes if change.is_erasure and self._deletes_erased]
            others = [change for change in changes if not (change.is_erasure and self._deletes_erased)]
            return (self._delete(erased) if erased else []) + (self._clear(others) if others else [])
        if len(changes) > COLLECTION_RECORDS:
            # The marker that empties a field cannot be sent as a text by bulk jobs.
            marked = [change for change in changes if NULL in change.payload.values()]
            plain = [change for change in changes if NULL not in change.payload.values()]
            outcomes = [outcome for batch in batches(marked, COLLECTION_RECORDS) for outcome in self._write(batch)]
            return outcomes + (self._bulk_write(plain) if plain else [])
        return self._write(changes)

    def _write(self, changes: Sequence[Change]) -> list[Outcome]:
        """Write up to 200 records by their keys."""
        records = [
            {
                "attributes": {"type": self._object},
                self._key: change.record_key,
                **change.payload,
                **self._cleared(change),
            }
            for change in changes
        ]
        path = "" if self._key == RECORD_ID else f"/{self._object}/{self._key}"
        results = self._call("PATCH", f"/composite/sobjects{path}", json={"allOrNone": False, "records": records})
        return [self._outcome(change, result) for change, result in zip(changes, results, strict=True)]

    def _clear(self, changes: Sequence[Change]) -> list[Outcome]:
        """Empty the mapped fields by record id: an upsert would create what sales has deleted."""
        ids = self._record_ids([change.record_key for change in changes])
        there = [change for change in changes if change.record_key in ids]
        outcomes = [Outcome(change) for change in changes if change.record_key not in ids]
        if there:
            nothing = dict.fromkeys(self._fields)
            records = [
                {
                    "attributes": {"type": self._object},
                    RECORD_ID: ids[change.record_key],
                    **nothing,
                    **self._cleared(change),
                }
                for change in there
            ]
            results = self._call("PATCH", "/composite/sobjects", json={"allOrNone": False, "records": records})
            for change, result in zip(there, results, strict=True):
                outcome = self._outcome(change, result)
                # Deleted since: there is nothing left to empty.
                outcomes.append(Outcome(change) if outcome.error_code in IS_GONE else outcome)
        return outcomes

    def _delete(self, changes: Sequence[Change]) -> list[Outcome]:
        """Delete the records of people who asked to be erased; the org's recycle bin keeps them for 15 days."""
        ids = self._record_ids([change.record_key for change in changes])
        outcomes = [Outcome(change) for change in changes if change.record_key not in ids]
        there = [change for change in changes if change.record_key in ids]
        if there:
            params = {"ids": ",".join(ids[change.record_key] for change in there), "allOrNone": "false"}
            results = self._call("DELETE", "/composite/sobjects", params=params)
            for change, result in zip(there, results, strict=True):
                outcome = self._outcome(change, result)
                outcomes.append(Outcome(change) if outcome.error_code in IS_GONE else outcome)
        return outcomes

    def _record_ids(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the record id of each key that exists, by as many queries as their length needs."""
        if self._key == RECORD_ID:
            return {key: key for key in keys}
        quoted = ", ".join(f"'{_soql_quoted(key)}'" for key in keys)
        query = f"SELECT Id, {self._key} FROM {self._object} WHERE {self._key} IN ({quoted})"  # noqa: S608
        if len(quote(query)) > LONGEST_QUERY and len(keys) > 1:
            first, second = halves(keys)
            return self._record_ids(first) | self._record_ids(second)
        found = self._call("GET", "/query", params={"q": query})["records"]
        return {record[self._key]: record["Id"] for record in found}

    def _cleared(self, change: Change) -> dict[str, None]:
        """Return the fields to empty beside the mapped ones, without those that the org has deleted by now."""
        names = (*change.cleared_fields, *(self._erasure_fields if change.is_erasure else ()))
        return {name: None for name in names if name in self._existing_fields}

    @cached_property
    def _existing_fields(self) -> frozenset[str]:
        described = self.patiently(self._call, "GET", f"/sobjects/{self._object}/describe")
        return frozenset(field["name"] for field in described["fields"])

    def _outcome(self, change: Change, result: dict[str, Any]) -> Outcome:
        if result["success"]:
            return Outcome(change, reference=result["id"])
        error = result["errors"][0]
        fields = f" ({', '.join(error['fields'])})" if error.get("fields") else ""
        return Outcome(
            change,
            error["statusCode"],
            masked(f"{error['message']}{fields}", change.payload.values()),
            retryable=error["statusCode"] in RETRYABLE,
        )

    def _bulk_write(self, changes: Sequence[Change]) -> list[Outcome]:
        by_id = {"operation": "update"}
        by_key = {"operation": "upsert", "externalIdFieldName": self._key}
        kind = by_id if self._key == RECORD_ID else by_key
        job = self._call(
            "POST", "/jobs/ingest", json={"object": self._object, "contentType": "CSV", "lineEnding": "LF", **kind}
        )["id"]
        upload = self._csv(changes)
        self._call("PUT", f"/jobs/ingest/{job}/batches", data=upload, content_type="text/csv")
        # From here on the job is known to hold the records: its steps are tried again, not the whole upload.
        self.patiently(self._end_job, job, "UploadComplete")
        state = self._finished_job(job)
        if state["state"] == "Failed" and WRONG_MAPPING not in str(state.get("errorMessage")):
            raise BatchRejectedError("BULK_JOB_FAILED", masked(str(state.get("errorMessage"))))
        if state["state"] != "JobComplete":
            raise FatalError(
                f"Salesforce ended bulk job {job} as {state['state']}: "
                f"{masked(str(state.get('errorMessage')))} Correct the mapping or the job, then clear the task."
            )
        sent = {change.record_key: change for change in changes}
        succeeded = self.patiently(self._bulk_rows, job, "successfulResults")
        outcomes = [Outcome(sent[row[self._csv_key]], reference=job) for row in succeeded]
        for row in self.patiently(self._bulk_rows, job, "failedResults"):
            code, _, message = row["sf__Error"].partition(":")
            change = sent[row[self._csv_key]]
            reason = masked(message, change.payload.values())
            outcomes.append(Outcome(change, code, reason, retryable=code in RETRYABLE))
        for row in self.patiently(self._bulk_rows, job, "unprocessedrecords"):
            change = sent[row[self._csv_key]]
            outcomes.append(Outcome(change, "UNPROCESSED", "The job ended before it.", retryable=True))
        return outcomes

    def _end_job(self, job: str, state: str) -> None:
        # Looks first: an attempt whose answer was lost may have ended the job already.
        if self._call("GET", f"/jobs/ingest/{job}")["state"] == "Open":
            self._call("PATCH", f"/jobs/ingest/{job}", json={"state": state})

    @property
    def _csv_key(self) -> str:
        return "Id" if self._key == RECORD_ID else self._key

    def _csv(self, changes: Sequence[Change]) -> bytes:
        cleared = sorted({name for change in changes for name in self._cleared(change)})
        lines = [",".join([self._csv_key, *self._fields, *cleared])]
        for change in changes:
            values = [_csv_value(change.payload[name]) for name in self._fields]
            # An empty cell leaves a field as it is.
            values += [NULL if name in change.cleared_fields else "" for name in cleared]
            lines.append(",".join([_csv_text(change.record_key), *values]))
        return "\n".join([*lines, ""]).encode()

    def _bulk_rows(self, job: str, kind: str) -> list[dict[str, str]]:
        response = self._api.call("GET", f"{SERVICES}/jobs/ingest/{job}/{kind}")
        if response.status_code != 200:
            raise TransientError(f"Salesforce answered {response.status_code} to {kind} of job {job}.")
        return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))

    def _finished_job(self, job: str) -> dict[str, Any]:
        """Wait until a bulk job has ended and return it.

        :raises TransientError: where it takes longer than an hour.
        """
        wait, waited = 0.2, 0.0
        while waited < 3_600:
            state: dict[str, Any] = self.patiently(self._call, "GET", f"/jobs/ingest/{job}")
            if state["state"] in ("JobComplete", "Failed", "Aborted"):
                return state
            time.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, 10.0)
        raise TransientError(f"Salesforce has not finished bulk job {job} in an hour.")

    def _call(self, method: str, path: str, *, content_type: str | None = None, **request: Any) -> Any:
        headers = self._headers | ({"Content-Type": content_type} if content_type else {})
        response = self._api.call(method, f"{SERVICES}{path}", headers=headers, **request)
        if response.ok:
            return json_of(response, "Salesforce") if response.content else None
        errors = json_of(response, "Salesforce")
        code, message = errors[0]["errorCode"], masked(errors[0]["message"])
        # A value that the parser cannot read makes the whole request fail, without naming the record.
        if method == "PATCH" and response.status_code in REFUSES_CONTENT and code not in WRONG_DECLARATION:
            raise BatchRejectedError(code, message)
        if code == "REQUEST_LIMIT_EXCEEDED":
            fix = "Wait until the org's daily API limit is renewed, or raise it; the next run goes on from here."
        else:
            fix = "Correct the field, object or permission that it names, then clear the task."
        raise FatalError(f"Salesforce answered {response.status_code} {code} to {method} {path}: {message} {fix}")

    def _authorize(self, fresh: bool) -> dict[str, str]:
        with self._lock:
            if fresh or not self._token:
                self._log_in()
            return {"Authorization": f"Bearer {self._token}"}

    def _log_in(self) -> None:
        try:
            response = self._session.post(
                f"{self.address(self._connection)}/services/oauth2/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": (self._connection.login or "").strip(),
                    "client_secret": (self._connection.password or "").strip(),
                },
                timeout=self._sync.limits.timeout_seconds,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise TransientError(f"Salesforce: {type(error).__name__} at login.") from None
        if response.status_code >= 500 or response.status_code == 429:
            raise TransientError(f"Salesforce answered {response.status_code} to the login.")
        answer = json_of(response, "Salesforce")
        if not response.ok:
            raise FatalError(
                f"Salesforce refuses the login ({answer.get('error')}). Correct login (consumer key) and password "
                f"(consumer secret) of the Airflow connection {self._connection.conn_id}, then clear the task."
            )
        self._token = answer["access_token"]
        self._user_id = answer["id"].rsplit("/", 1)[-1]
        mask_secret(self._token)


def _soql_quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _csv_value(value: Any) -> str:
    """Return a cell; an empty text empties the field, as it does in a collection."""
    if value is None or value == "":
        return NULL
    if isinstance(value, bool):
        return str(value).lower()
    return _csv_text(value) if isinstance(value, str) else str(value)


def _csv_text(text: str) -> str:
    """Return a text as a quoted cell, so that any character can be in it, a carriage return too."""
    return '"' + text.replace('"', '""') + '"'
