"""Small helpers to start servers on this machine and to wait for them."""

from __future__ import annotations

import contextlib
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EMULATOR_PYTHON = REPOSITORY / ".venv-emulator" / "bin" / "python"
START_TIMEOUT_SECONDS = 120


class StackError(RuntimeError):
    """A service did not come up, or a command failed; the message names its log."""


def free_port(preferred: int = 0) -> int:
    """Return ``preferred`` if nothing listens there, else a port that the system picks."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise StackError("no free TCP port on 127.0.0.1")


def warehouse_command(port: int, data_dir: Path | None = None) -> list[str]:
    """Return the command that serves the embedded warehouse.

    :param port: port of its REST API on 127.0.0.1.
    :param data_dir: where it keeps its tables; None keeps them in memory.
    :raises StackError: where its environment has not been made.
    """
    if not EMULATOR_PYTHON.exists():
        raise StackError(f"{EMULATOR_PYTHON} is missing: run `make setup` first")
    storage = ["--ephemeral"] if data_dir is None else ["--persistent", "--data-dir", str(data_dir)]
    serve = [str(EMULATOR_PYTHON), str(REPOSITORY / "tools" / "emulator" / "serve.py")]
    return [*serve, *storage, "--rest-port", str(port), "--grpc-port", "0", "--log-level", "warning"]


def wait_for_http(url: str, check: Callable[[], None], timeout: float = START_TIMEOUT_SECONDS) -> None:
    """Wait until something answers at ``url``.

    :param check: called before each look; raises where waiting is in vain.
    :param timeout: seconds.
    :raises StackError: where nothing answers in time.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        check()
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - an address on this machine
            return
        except urllib.error.HTTPError:
            return  # an error page is an answer
        except OSError:
            time.sleep(0.2)
    raise StackError(f"nothing answers at {url} after {timeout:.0f} s")
