"""A menu entry of Airflow's UI that leads elsewhere: plugins declare it differently on the Airflow lines."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

ATTRIBUTE = "external_views" if hasattr(AirflowPlugin, "external_views") else "appbuilder_menu_items"


def menu_links(**addresses: str) -> dict[str, list[dict[str, Any]]]:
    """Return the attribute of a plugin with which this Airflow shows links in its menu.

    :param addresses: address by label; what a browser does not open from a page of the web is left out.
    """
    entries = [
        {"name": name, "href": address}
        for name, address in addresses.items()
        if address.startswith(("https:", "http:"))
    ]
    if ATTRIBUTE == "external_views":
        # Without a route of its own it opens in a tab: a page of a bucket is not shown within another.
        entries = [{**entry, "destination": "nav"} for entry in entries]
    return {ATTRIBUTE: entries}
