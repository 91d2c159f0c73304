"""dbt's manifest: models, seeds and sources with their configuration, as ``make manifest`` writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from include.pipeline.settings import MANIFEST


def load_manifest(path: Path = MANIFEST) -> dict[str, Any]:
    """Return the manifest as dbt wrote it.

    :param path: where it is.
    :raises FileNotFoundError: where it has not been made yet.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: make it with `make manifest` (the Dockerfile and `make run` do so)."
        )
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed
