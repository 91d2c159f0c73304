"""Salesforce: OAuth client credentials, sObject Collections, SOQL by external id, Bulk API 2.0."""

from __future__ import annotations

import csv
import io
import re
import secrets
from typing import Any
from urllib.parse import quote

from tools.destinations.salesforce_jobs import USER_ID, Job, results_csv
from tools.destinations.salesforce_org import SObject, is_number, number_or_text, org, row_error
from tools.destinations.server import Answer, DestinationServer, Request

CLIENT_ID, CLIENT_SECRET = "local-consumer-key", "local-consumer-secret"
SERVICES = re.compile(r"/services/data/v\d+\.\d(?P<path>/.*)")
SOQL = re.compile(r"SELECT Id, (?P<field>\w+) FROM (?P<object>\w+) WHERE (?P=field) IN \((?P<keys>.*)\)")
MAX_COLLECTION = 200
MAX_URI_BYTES = 16_384


class SalesforceServer(DestinationServer):
    """An org with one connected app.

    :param port: port to listen on; 0 takes a free one.
    :param leads_exist: whether any id is taken for an existing lead or contact, since the sample's leads come from
        this org; otherwise only those in ``self.objects`` exist.
    """

    name = "salesforce"

    def __init__(self, port: int = 0, *, leads_exist: bool = True) -> None:
        super().__init__(port)
        self.leads_exist = self.contacts_exist = leads_exist
        self.objects = org()
        self.deleted: set[str] = set()
        # Keys of converted leads, which are read-only in an org that grants nobody to edit them.
        self.converted: set[str] = set()
        # Records of an active duplicate rule that warns: they are saved only where the request allows it.
        self.duplicates: set[str] = set()
        # Keys of leads that an assignment rule has given to another owner.
        self.reassigned: set[str] = set()
        self.jobs_per_page = 1_000
        # Error code by key of each record that a lock or a permission keeps from being written.
        self.refused: dict[str, str] = {}
        self.tokens: set[str] = set()
        self._allows_duplicates = self._assigns = False
        self.jobs: dict[str, Job] = {}
        self.deliveries = 0
        self.repeats = 0

    def connection(self) -> dict[str, Any]:
        """Return the Airflow connection that leads here."""
        return {"conn_type": "http", "host": self.url, "login": CLIENT_ID, "password": CLIENT_SECRET}

    def holdings(self) -> dict[str, Any]:
        """Return the records by object and external id."""
        return {
            "deliveries": self.deliveries,
            "repeats": self.repeats,
            "records": {name: sobject.records for name, sobject in self.objects.items()},
        }

    def restore(self, holdings: dict[str, Any]) -> None:
        """Hold again what an earlier server held; its unfinished jobs are gone, as are its sessions."""
        self.deliveries, self.repeats = holdings["deliveries"], holdings["repeats"]
        for name, records in holdings["records"].items():
            self.objects[name].records = records

    def answer(self, request: Request) -> Answer:
        """Answer a request as the REST API does."""
        if request.path == "/services/oauth2/token":
            return self._token(request)
        match = SERVICES.fullmatch(request.path)
        if not match:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.fault == "expired_session":
            self.tokens.discard(token)
        if token not in self.tokens:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if request.method == "PATCH":
            self._allows_duplicates = (
                "allowsave=true" in request.headers.get("sforce-duplicate-rule-header", "").lower()
            )
            self._assigns = request.headers.get("sforce-auto-assign", "TRUE").upper() != "FALSE"
        return self._route(request, match["path"].strip("/").split("/"))

    def _route(self, request: Request, parts: list[str]) -> Answer:  # noqa: PLR0911 - one per route
        """Answer a request that has a session."""
        match parts:
            case ["composite", "sobjects", name, external_id] if request.method == "PATCH":
                return self._collection(request, name, external_id)
            case ["composite", "sobjects"] if request.method == "PATCH":
                return self._collection(request, None, None)
            case ["composite", "sobjects"] if request.method == "DELETE":
                return Answer(200, [self._delete(record_id) for record_id in request.query["ids"].split(",")])
            case ["sobjects", name, "describe"] if name in self.objects:
                sobject = self.objects[name]
                names = ["Id", sobject.external_id, *sobject.fields]
                return Answer(200, {"name": name, "fields": [{"name": field} for field in names]})
            case ["query"]:
                if len(quote(request.query["q"])) > MAX_URI_BYTES:
                    return _error(414, "URI_TOO_LONG", "The length of the URI exceeds the 16,384 byte limit.")
                return self._query(request.query["q"])
            case ["jobs", "ingest", *rest]:
                return self._bulk(request, rest)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _token(self, request: Request) -> Answer:
        form = dict(pair.split("=", 1) for pair in request.body.decode().split("&"))
        expected = {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        if form != expected:
            return Answer(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        token = f"00D!{secrets.token_hex(16)}"
        self.tokens.add(token)
        identity = f"{self.url}/id/00D000000000001AAA/{USER_ID}"
        return Answer(
            200,
            {"access_token": token, "instance_url": self.url, "id": identity, "token_type": "Bearer"},
        )

    def _collection(self, request: Request, name: str | None, external_id: str | None) -> Answer:
        """Upsert by external id, or update by record id where no object is named."""
        try:
            body = request.json()
            records = body["records"]
        except (ValueError, KeyError, TypeError):
            return _error(400, "JSON_PARSER_ERROR", "The request body is not a collection")
        if len(records) > MAX_COLLECTION:
            return _error(
                400, "LIMIT_EXCEEDED", f"record limit reached. cannot submit more than {MAX_COLLECTION} records"
            )
        if body.get("allOrNone"):
            return _error(400, "INVALID_INPUT", "this server knows allOrNone=false only")
        for record in records:
            if refusal := self._refusal(record, name, external_id):
                return refusal
        seen: set[str] = set()
        results = []
        for index, record in enumerate(records):
            sobject = self.objects[record["attributes"]["type"]]
            if request.fault == "row_locked" and index % 2 == 0:
                results.append(row_error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"))
                continue
            key = record.get(external_id) if external_id else self._key_of(sobject, record.get("id"))
            if key in seen:
                results.append(row_error("DUPLICATE_EXTERNAL_ID", "the key is in this request twice"))
                continue
            seen.add(key)
            fields = {k: v for k, v in record.items() if k not in ("attributes", "id", sobject.external_id)}
            results.append(self._write(sobject, key, fields, may_create=bool(external_id)))
        return Answer(200, results)

    def _refusal(self, record: dict[str, Any], name: str | None, external_id: str | None) -> Answer | None:
        """Return the answer to a record that makes the whole request fail, None for any other."""
        kind = record.get("attributes", {}).get("type")
        if kind not in self.objects or name not in (None, kind):
            return _error(400, "INVALID_TYPE", f"sObject type '{kind}' is not supported.")
        sobject = self.objects[kind]
        if name and (external_id != sobject.external_id or "id" in record):
            return _error(400, "INVALID_FIELD", f"{external_id} is not an external id of {kind}")
        unknown = set(record) - {"attributes", "id", sobject.external_id} - set(sobject.fields)
        if unknown:
            return _error(400, "INVALID_FIELD", f"No such column '{sorted(unknown)[0]}' on sobject of type {kind}")
        # The parser knows the type of each field before any record is looked at.
        for column, check in sobject.fields.items():
            if is_number(check) and isinstance(value := record.get(column), str):
                return _error(400, "JSON_PARSER_ERROR", f"Cannot deserialize double from VALUE_STRING value {value}")
        return None

    def _delete(self, record_id: str) -> dict[str, Any]:
        for sobject in self.objects.values():
            if key := self._key_of(sobject, record_id):
                del sobject.records[key]
                self.deleted.add(key)
                return {"id": record_id, "success": True, "errors": []}
        return row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")

    def _key_of(self, sobject: SObject, record_id: str | None) -> str | None:
        if record_id and sobject is self.objects["Contact"] and self.contacts_exist and record_id not in self.deleted:
            sobject.records.setdefault(record_id, {"Id": record_id})
        return sobject.key_of(record_id)

    def _write(self, sobject: SObject, key: str | None, fields: dict[str, Any], *, may_create: bool) -> dict[str, Any]:
        """Write one record and return its UpsertResult."""
        if not key:
            code = "MISSING_ARGUMENT" if may_create else "INVALID_CROSS_REFERENCE_KEY"
            return row_error(code, "invalid cross reference id")
        if refusal := self._refused(key):
            return row_error(*refusal)
        for name, value in fields.items():
            if value is not None and (problem := sobject.fields[name](value)):
                return row_error(*problem, [name])
        record = sobject.records.get(key)
        if record is None:
            missing = [name for name in sobject.required if not fields.get(name)]
            if missing and not self.leads_exist:
                return row_error("REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", missing)
            record = sobject.records[key] = {"Id": f"{sobject.prefix}{len(sobject.records):015d}"}
        if self._assigns:
            self.reassigned.add(key)
        self.deliveries += 1
        self.repeats += all(record.get(name) == value for name, value in fields.items())
        # An empty text is stored as null.
        record.update({name: None if value == "" else value for name, value in fields.items()})
        return {"id": record["Id"], "success": True, "errors": [], "created": False}

    def _refused(self, key: str) -> tuple[str, str] | None:
        """Return code and message for a record that cannot be written whatever its fields say, None for any other."""
        if key in self.deleted:
            return "ENTITY_IS_DELETED", "entity is deleted"
        if key in self.converted:
            return "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead"
        if key in self.duplicates and not self._allows_duplicates:
            return "DUPLICATES_DETECTED", "Use one of these records?"
        if key in self.refused:
            return self.refused[key], "the record cannot be written"
        return None

    def _query(self, soql: str) -> Answer:
        match = SOQL.fullmatch(soql)
        if not match or match["object"] not in self.objects:
            return _error(400, "MALFORMED_QUERY", "unexpected token")
        sobject = self.objects[match["object"]]
        quoted = re.findall(r"'((?:[^'\\]|\\.)*)'", match["keys"])
        keys = [re.sub(r"\\(.)", r"\1", key) for key in quoted]
        found = [key for key in keys if key in sobject.records and key not in self.deleted]
        records = [{"Id": sobject.records[key]["Id"], match["field"]: key} for key in found]
        return Answer(200, {"totalSize": len(records), "done": True, "records": records})

    def _bulk(self, request: Request, rest: list[str]) -> Answer:  # noqa: PLR0911 - one per answer
        if not rest:
            if request.method == "GET":
                return self._job_list(int(request.query.get("queryLocator", 0)))
            body = request.json()
            sobject = self.objects.get(body["object"])
            keys = {"upsert": sobject.external_id, "update": None} if sobject else {}
            if body["operation"] not in keys or body.get("externalIdFieldName") != keys[body["operation"]]:
                return _error(400, "INVALIDJOB", "the job cannot be created")
            job = Job(f"750{len(self.jobs):015d}", body["object"], operation=body["operation"])
            self.jobs[job.id] = job
            return Answer(200, job.as_json())
        job = self.jobs.get(rest[0])
        if not job:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        match (request.method, rest[1:]):
            case ("PUT", ["batches"]) if job.state == "Open" and not job.rows:
                job.rows = list(csv.DictReader(io.StringIO(request.body.decode(), newline="")))
                return Answer(201)
            case ("PATCH", []) if job.state == "Open":
                job.state = request.json()["state"]
                return Answer(200, job.as_json())
            case ("GET", []):
                self._run(job, locked=request.fault == "row_locked")
                return Answer(200, job.as_json())
            case ("GET", [kind]) if job.state == "JobComplete":
                return Answer(200, results_csv(job, kind))
        return _error(400, "INVALIDJOBSTATE", f"not possible while the job is {job.state}")

    def _job_list(self, start: int) -> Answer:
        jobs = [job.as_json() for job in self.jobs.values()]
        end = start + self.jobs_per_page
        more = f"/services/data/v62.0/jobs/ingest?queryLocator={end}" if end < len(jobs) else None
        return Answer(200, {"done": more is None, "records": jobs[start:end], "nextRecordsUrl": more})

    def _run(self, job: Job, *, locked: bool) -> None:
        """Let a job go on: it is in progress at the first look, and done at the second."""
        if job.state == "UploadComplete":
            job.state = "InProgress"
            return
        if job.state != "InProgress":
            return
        sobject = self.objects[job.object]
        for index, row in enumerate(job.rows):
            keys = (sobject.external_id, "Id")
            fields = {k: None if v == "#N/A" else v for k, v in row.items() if k not in keys and v != ""}
            # A CSV has text only; Salesforce reads it by the field's type.
            typed = {k: number_or_text(v) if v and is_number(sobject.fields[k]) else v for k, v in fields.items()}
            if locked and index % 2 == 0:
                result = row_error("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
            else:
                by_id = job.operation == "update"
                key = self._key_of(sobject, row["Id"]) if by_id else row[sobject.external_id]
                result = self._write(sobject, key, typed, may_create=not by_id)
            job.results.append((row, result))
        job.state = "JobComplete"


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, [{"errorCode": code, "message": message}])
