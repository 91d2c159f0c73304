"""Jobs of Salesforce's Bulk API 2.0: what they hold, and their results as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

USER_ID = "005000000000001AAA"


@dataclass
class Job:
    """A bulk ingest job."""

    id: str
    object: str
    operation: str = "upsert"
    state: str = "Open"
    polls: int = 0
    rows: list[dict[str, str]] = field(default_factory=list)
    results: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the job as the API shows it."""
        return {
            "id": self.id,
            "object": self.object,
            "operation": self.operation,
            "state": self.state,
            "createdById": USER_ID,
        }


def results_csv(job: Job, kind: str) -> bytes:
    output = io.StringIO()
    columns = list(job.rows[0]) if job.rows else []
    extra = {"successfulResults": ["sf__Id", "sf__Created"], "failedResults": ["sf__Id", "sf__Error"]}.get(kind, [])
    writer = csv.DictWriter(output, [*extra, *columns], lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row, result in job.results:
        if kind == "successfulResults" and result["success"]:
            writer.writerow({"sf__Id": result["id"], "sf__Created": "false", **row})
        elif kind == "failedResults" and not result["success"]:
            error = result["errors"][0]
            writer.writerow({"sf__Id": "", "sf__Error": f"{error['statusCode']}:{error['message']}:--", **row})
    return output.getvalue().encode()
