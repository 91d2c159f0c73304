"""``python -m tools.sample_sources``: see ``cli.py``."""

import sys

from tools.sample_sources.cli import main

if __name__ == "__main__":
    sys.exit(main())
