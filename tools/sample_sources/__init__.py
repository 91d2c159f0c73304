"""Sample sources: seeded raw data as seven systems emit it, and a loader that lands it as Fivetran would.

``python -m tools.sample_sources generate|load --help``. How a person becomes rows:

* ``people.py`` invents neighbourhoods: households, companies and the persons in them (the truth);
* ``journey.py`` lives each person's days: visits, orders, leads, messages, trouble, churn;
* ``salesforce.py`` … ``zendesk.py`` write what each system would know of it, through ``mess.py``;
* ``sink.py`` sorts the rows into ``<table>/<day of landing>.ndjson`` and the truth into ``truth/``.

Each person draws from a generator of its own, so one person's rows don't depend on how many others there
are, and memory does not grow with their number.
"""

import sys
from pathlib import Path

# Airflow puts plugins/ on the path; a plain Python process does not.
PLUGINS = str(Path(__file__).resolve().parents[2] / "plugins")
if PLUGINS not in sys.path:
    sys.path.append(PLUGINS)
