"""Where pages are written to."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import ObjectStoragePath


def write_page(report_uri: str, name: str, page: str, *, conn_id: str) -> str:
    """Write a page into the folder of the reports, in the place of an older one, and return where it is.

    :param report_uri: folder: ``file:///…``, ``gs://…``, or any other that Airflow's ``ObjectStoragePath`` takes.
    :param name: name of the file.
    :param page: its text.
    :param conn_id: Airflow connection that opens anything but files.
    """
    if report_uri.startswith("file:"):
        folder = ObjectStoragePath(report_uri)
        folder.mkdir(parents=True, exist_ok=True)
    else:
        folder = ObjectStoragePath(report_uri, conn_id=conn_id)
    path = folder / name
    with path.open("w") as file:
        file.write(page)
    return str(path)
