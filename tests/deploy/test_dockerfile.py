"""The image holds what Airflow needs and no more, builds on Astro's images too, and can be asked how it is."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", " ", TEXT).splitlines()
    if line.strip() and not line.startswith("#")
]
COPIES = [rest.split() for word, rest in INSTRUCTIONS if word == "COPY"]
# Tools of tests and linters: none of them may come along.
TOOLS = {"pytest", "pytest-xdist", "hypothesis", "playwright", "ruff", "mypy", "sqlfluff", "pre-commit"}
LINES = {"requirements-image.txt": "2", "requirements-image-airflow3.txt": "3"}


def test_only_known_folders_are_copied_and_the_build_sees_nothing_else() -> None:
    sources = {word for words in COPIES for word in words[:-1] if not word.startswith("--")}
    assert all((ROOT / source).exists() for source in sources)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == sources
    assert not {source for source in sources if source.split("/")[0] in ("tests", "tools", "docs")}


@pytest.mark.parametrize("requirements", LINES)
def test_tools_of_tests_stay_out_of_the_image(requirements: str) -> None:
    named = {re.split(r"[=<>\[ ]", line)[0].lower() for line in (ROOT / requirements).read_text().splitlines()}
    assert named & TOOLS == set()


@pytest.mark.parametrize(("requirements", "line"), LINES.items())
def test_the_named_images_have_the_airflow_that_is_tested(requirements: str, line: str) -> None:
    (pinned,) = re.findall(r"^apache-airflow==(\S+)", (ROOT / requirements).read_text(), re.MULTILINE)
    assert re.findall(rf"apache/airflow:({line}\.\S+)-python3\.11", TEXT) == [pinned]


def test_files_belong_to_the_user_of_both_images() -> None:
    # Airflow's images call it airflow, Astro's call it astro; `airflow:0` does not exist in the latter.
    owners = {word for words in COPIES for word in words if word.startswith("--chown")}
    assert owners == {"--chown=50000:0"}


class Answering(BaseHTTPRequestHandler):
    """Answers like one line of Airflow."""

    healthy = ""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == self.healthy else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def health(port: int, jobs: int, folder: Path) -> int:
    """Return the exit code of the check, where ``airflow jobs check`` would exit with ``jobs``."""
    airflow = folder / "airflow"
    airflow.write_text(f'#!/bin/bash\n[[ "$*" == "jobs check --local" ]] && exit {jobs}\nexit 9\n')
    airflow.chmod(0o755)
    environment = {"PATH": f"{folder}:{ROOT / '.venv/bin'}:/usr/local/bin:/usr/bin:/bin", "HEALTH_PORT": str(port)}
    command = ["/bin/bash", str(ROOT / "deploy/healthcheck.sh")]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60).returncode


@pytest.mark.parametrize(
    ("healthy", "code"), [("/health", 0), ("/api/v2/monitor/health", 0), ("/login", 1)], ids=["2.11", "3.3", "neither"]
)
def test_a_web_server_is_asked(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: str, code: int
) -> None:
    monkeypatch.setattr(Answering, "healthy", healthy)
    assert health(port, 0, tmp_path) == code


@pytest.mark.parametrize("jobs", [0, 1])
def test_other_parts_answer_by_their_heartbeat(tmp_path: Path, jobs: int) -> None:
    assert health(1, jobs, tmp_path) == jobs
