"""Writes a person's export to a folder of short life, and deletes what has been there for too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator, ObjectStoragePath

from martech.privacy.export import ExportRequest, Recipient
from martech.privacy.person_operators import PersonOperator
from martech.privacy.person_request import PersonError

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

FOLDER = re.compile(r"(\d{4}-\d\d-\d\d)_.+")


class ExportPersonOperator(PersonOperator):
    """Gathers everything about a person and writes ``person.json`` and ``person.html``.

    Reads the DAG params ``identity_key``, ``customer_id`` and ``email_sha256`` (one of them). Returns the folder, which
    names the request and the day, nobody: the only thing that goes to XCom.

    :param export_uri: parent folder: ``file:///…``, ``gs://…``, or any other that Airflow's ``ObjectStoragePath``
        takes; anything but files is opened with ``gcp_conn_id`` (templated).
    :param layers: layer by dataset, in the order in which the export shows them.
    :param load_recipients: returns who gets data, by name of the sync; asked when the task runs.
    :param kwargs: see :class:`PersonOperator`.
    """

    template_fields: Sequence[str] = (*PersonOperator.template_fields, "export_uri")

    def __init__(
        self,
        *,
        export_uri: str,
        layers: Mapping[str, str],
        load_recipients: Callable[[], Mapping[str, Recipient]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.export_uri = export_uri
        self.layers = layers
        self.load_recipients = load_recipients

    def execute(self, context: Context) -> str:
        """Gather and write.

        :raises AirflowFailException: where nobody or more than one customer is found, or the request is another's.
        """
        request = self.request(context, ExportRequest)
        now = datetime.now(UTC)
        try:
            customer_id = request.find(self.selector(context))
            request.make_salt()
            request.require_same_person(customer_id)
        except PersonError as error:
            raise AirflowFailException(str(error)) from error
        export = request.gather(
            customer_id,
            layers=self.layers,
            recipients=self.load_recipients(),
            connectors=self.load_connectors(),
            now=now,
        )
        folder = self._folder(now.date())
        for name, text in (("person.json", export.as_json()), ("person.html", export.as_html())):
            with (folder / name).open("w") as file:
                file.write(text)
        request.keep(export, str(folder))
        self.log.info("%d rows of %d tables are in %s", export.row_count, len(export.tables), folder)
        return str(folder)

    def _folder(self, today: date) -> ObjectStoragePath:
        folder = _path(self.export_uri, self.gcp_conn_id) / f"{today}_{self.request_id}"
        if folder.protocol == "file":
            # Others on this machine are not to read it; a bucket has rights of its own.
            Path(folder.path).mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


class DeleteOldExportsOperator(BaseOperator):
    """Deletes exports of people that have been there for too long. Returns (to XCom) the number.

    :param export_uri: parent folder of the exports, see :class:`ExportPersonOperator` (templated).
    :param days: so many days an export is kept.
    :param gcp_conn_id: Airflow connection that opens anything but files.
    """

    template_fields: Sequence[str] = ("export_uri",)
    ui_color = "#fce4ec"

    def __init__(self, *, export_uri: str, days: int, gcp_conn_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.export_uri = export_uri
        self.days = days
        self.gcp_conn_id = gcp_conn_id

    def execute(self, context: Context) -> int:
        """Look at the day in each folder's name, and delete what is older."""
        parent = _path(self.export_uri, self.gcp_conn_id)
        oldest = datetime.now(UTC).date() - timedelta(days=self.days)
        if not parent.exists():
            return 0
        named = [(folder, FOLDER.fullmatch(folder.name)) for folder in parent.iterdir()]
        for folder, found in named:
            if not found:
                self.log.warning("%s is no export of a person: it is left there.", folder)
        old = [folder for folder, found in named if found and date.fromisoformat(found[1]) < oldest]
        for folder in old:
            folder.rmdir(recursive=True)
            self.log.info("Deleted %s", folder)
        return len(old)


def _path(uri: str, conn_id: str) -> ObjectStoragePath:
    return ObjectStoragePath(uri, conn_id=None if urlsplit(uri).scheme == "file" else conn_id)
