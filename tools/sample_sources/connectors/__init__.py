"""What the connectors make of what the systems know: one module per connection, in the shape of the real ones.

The source modules (``salesforce.py`` … ``zendesk.py``) tell what a system knows, as raw rows: a version of a record, or
an event. A connection writes each such row into the connector's own tables (``delivery.py``).
"""

from tools.sample_sources.connectors import braze, ga4, google_ads, salesforce, shopify, zendesk

CONNECTIONS = (
    salesforce.CONNECTION,
    shopify.CONNECTION,
    zendesk.CONNECTION,
    google_ads.CONNECTION,
    braze.CONNECTION,
    ga4.CONNECTION,
)
