"""Sample sources: seeded raw data as seven systems emit it, as raw rows and as their connectors deliver it.

``python -m tools.sample_sources generate|load|sync --help``. How a person becomes rows:

* ``people.py`` invents neighbourhoods: households, companies and the persons in them (the truth);
* ``journey.py`` lives each person's days: visits, orders, leads, messages, trouble, churn;
* ``salesforce.py`` … ``zendesk.py`` write what each system would know of it, through ``mess.py``;
* ``connectors/`` writes what a system knows into the tables that its connector keeps;
* ``sink.py`` sorts raw rows into ``<table>/<day of landing>.ndjson``, the connectors' into
  ``connectors/<dataset>/<table>/<day>.ndjson`` and the truth into ``truth/``;
* ``loader.py`` lands raw rows in bronze, ``sync.py`` fills the connectors' datasets.

Each person draws from a generator of its own, so one person's rows don't depend on how many others there
are, and memory does not grow with their number.
"""

import sys
from pathlib import Path

# Airflow puts plugins/ on the path; a plain Python process does not.
PLUGINS = str(Path(__file__).resolve().parents[2] / "plugins")
if PLUGINS not in sys.path:
    sys.path.append(PLUGINS)
