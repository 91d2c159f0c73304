"""``python -m tools.doctor``: compare a project with the declarations, and print one table with remedies.

It looks at the project that the settings name, as the account of ``gcloud auth application-default login``; at the
embedded warehouse where ``BIGQUERY_EMULATOR_HOST`` is set. It exits with 1 where ingestion could not pass.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import warnings


def prepare() -> None:
    """Set what Airflow's hooks need: connections come from the environment, and no database is there."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-doctor-"))
    extra = {"is_anonymous": True} if "BIGQUERY_EMULATOR_HOST" in os.environ else {}
    connection = json.dumps({"conn_type": "google_cloud_platform", "extra": extra})
    os.environ.setdefault("AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT", connection)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    prepare()
    from tools.doctor.examine import main

    sys.exit(main())
