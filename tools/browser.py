"""The Chromium of this machine."""

from __future__ import annotations

import os
import shutil

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chrome")


def browser_path() -> str:
    """Return its path.

    :raises FileNotFoundError: where there is none, with what to do.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise FileNotFoundError("No Chromium here: `apt-get install chromium`, or set CHROMIUM to its path.")
    return found
