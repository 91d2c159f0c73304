"""What the connectors make of what the systems know: one module per connection, in the shape of the real ones.

The source modules (``salesforce.py`` … ``zendesk.py``) say what a system knows, as raw rows: a version of a record, or
an event. A connection writes each such row into the connector's own tables (``delivery.py``).
"""

from tools.sample_sources.connectors import braze, ga4, google_ads, salesforce, shopify, zendesk
from tools.sample_sources.connectors.delivery import Connection

CONNECTIONS = (
    salesforce.CONNECTION,
    shopify.CONNECTION,
    zendesk.CONNECTION,
    google_ads.CONNECTION,
    braze.CONNECTION,
    ga4.CONNECTION,
)

_CONNECTION_OF = {raw_table: connection for connection in CONNECTIONS for raw_table in connection.writes}


def connection_of(raw_table: str) -> Connection | None:
    """Return the connection that delivers a raw table, if any.

    :param raw_table: table in bronze.
    """
    return _CONNECTION_OF.get(raw_table)
