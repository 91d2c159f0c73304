"""The services of one machine: embedded warehouse, metadata database and Airflow's processes.

Everything lives in one directory and stops with the ``with`` block::

    with LocalStack(Path(".local")) as stack:
        stack.start_airflow()
        stack.airflow("dags", "trigger", "create_warehouse")
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import IO

import yaml

from tools.destinations.__main__ import CONNECTIONS
from tools.local.fivetran import AIRFLOW_CONNECTION, FivetranServer, sample_settings
from tools.local.metadata import MetadataDatabase
from tools.local.services import (
    REPOSITORY,
    START_TIMEOUT_SECONDS,
    StackError,
    free_port,
    wait_for_http,
    warehouse_command,
)

AIRFLOW_3 = 3
LOOPBACK = "127.0.0.1"

# Airflow imports its settings before anything else.
LOCAL_SETTINGS = "import tools.local.preload\n"


class LocalStack:
    """Start and stop the local services.

    :param home: directory of all state (warehouse, metadata, logs); created if missing.
    :param environment: further environment variables for Airflow and dbt.
    """

    def __init__(
        self,
        home: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.home = home.resolve()
        self.bin = Path(sys.executable).parent
        self.line = self._airflow_line()
        # Each Airflow line has its own metadata; both use the same warehouse.
        self.airflow_home = self.home / f"airflow{self.line}"
        self.metadata = MetadataDatabase(self.home / "metadata", f"airflow{self.line}")
        self.log_dir = self.home / "service-logs"
        self.warehouse_port = free_port(9050)
        self.ui_port = free_port(8080)
        self.fivetran = FivetranServer()
        self._environment = environment or {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}
        # What was killed may leave children: they lead on in its process group.
        self._killed: list[int] = []

    @staticmethod
    def _airflow_line() -> int:
        return int(version("apache-airflow").split(".")[0])

    # ── life cycle ──────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> LocalStack:
        try:
            self.log_dir.mkdir(parents=True, exist_ok=True)
            self.airflow_home.mkdir(parents=True, exist_ok=True)
            self.fivetran.start()
            self._start_warehouse()
            self._start_destinations()
            self._start_metadata()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop every service, Airflow first, so that nothing writes to a warehouse that is gone."""
        for name in reversed(list(self._commands)):
            process = self._processes.pop(name, None)
            if process is not None and process.poll() is None:
                # Each service leads its own process group: workers go with their parent.
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        for group in self._killed:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._killed.clear()
        self._commands.clear()
        self.metadata.stop()
        self.fivetran.stop()

    def _spawn(self, name: str, command: Sequence[str | Path], environment: dict[str, str]) -> None:
        log: IO[bytes]
        self._commands[name] = [str(part) for part in command], environment
        with (self.log_dir / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands[name][0],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.home,
                start_new_session=True,
            )

    def check_services(self) -> None:
        """:raises StackError: if a service has died, with the end of its log."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                log = self.log_dir / f"{name}.log"
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise StackError(f"{name} stopped with exit code {process.returncode}; see {log}\n{tail}")

    # ── faults ──────────────────────────────────────────────────────────────────────────────────────────

    def process_id(self, name: str) -> int:
        """Return the process of a service."""
        return self._processes[name].pid

    def kill(self, name: str, *, group: bool = False) -> None:
        """Kill a service (SIGKILL).

        :param name: the service.
        :param group: whether its children die too, as where the machine goes; else they live on, as where only the
            service is out of memory.
        """
        process = self._processes.pop(name)
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        self._killed.append(process.pid)

    def end(self, name: str) -> None:
        """End a service as it is asked to (SIGTERM), so that it keeps its state."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait()

    def revive(self) -> None:
        """Start every service again that is down, as whoever supervises them does."""
        for name, (command, environment) in list(self._commands.items()):
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                self._spawn(name, command, environment)

    # ── warehouse ───────────────────────────────────────────────────────────────────────────────────

    @property
    def warehouse_url(self) -> str:
        """Where BigQuery's REST API is served."""
        return f"http://127.0.0.1:{self.warehouse_port}"

    def _start_warehouse(self) -> None:
        command = warehouse_command(self.warehouse_port, self.home / "warehouse")
        self._spawn("warehouse", command, dict(os.environ))
        wait_for_http(f"{self.warehouse_url}/bigquery/v2/projects", self.check_services)

    # ── destinations of reverse ETL ─────────────────────────────────────────────────────────────────────

    @property
    def destinations_file(self) -> Path:
        """The Airflow connections of the local destinations; their keys open nothing else."""
        return self.home / "destinations.json"

    def _start_destinations(self) -> None:
        self.destinations_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tools.destinations", "serve", "--connections", self.destinations_file]
        # The warehouse remembers what was sent, so the destinations must remember what they received.
        command += ["--state", self.home / "destinations-state.json"]
        # Started again, they are where Airflow's connections say.
        for server in CONNECTIONS.values():
            command += [f"--port-{server.name}", str(free_port())]
        self._spawn("destinations", command, {**os.environ, "PYTHONPATH": str(REPOSITORY)})
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.destinations_file.exists():
            self.check_services()
            if time.monotonic() > deadline:
                raise StackError(f"the destinations did not start; see {self.log_dir}")
            time.sleep(0.2)

    # ── metadata ────────────────────────────────────────────────────────────────────────────────────

    def _start_metadata(self) -> None:
        self.metadata.start()
        self.airflow("db", "migrate")
        self._write_local_configuration()

    def query_metadata(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, object]]:
        """Run a read-only query on Airflow's metadata and return its rows."""
        return self.metadata.query(sql, parameters)

    # ── Airflow ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def environment(self) -> dict[str, str]:
        """The environment of Airflow and dbt on this machine."""
        settings = yaml.safe_load((REPOSITORY / "airflow_settings.yaml").read_text())["airflow"]
        # Astro calls them conn_host, conn_extra …; Airflow's JSON form only keeps conn_type.
        connections = {
            f"AIRFLOW_CONN_{entry['conn_id'].upper()}": json.dumps(
                {
                    key if key == "conn_type" else key.removeprefix("conn_"): value
                    for key, value in entry.items()
                    if key != "conn_id"
                }
            )
            for entry in settings["connections"]
        }
        served = {**json.loads(self.destinations_file.read_text()), AIRFLOW_CONNECTION: self.fivetran.connection}
        for conn_id, connection in served.items():
            connections[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(connection)
        return {
            **os.environ,
            **connections,
            **sample_settings(),
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}",
            "BIGQUERY_EMULATOR_HOST": self.warehouse_url,
            "DBT_TARGET": "local",
            "DBT_LOG_LEVEL_FILE": "none",  # Airflow keeps what dbt says
            "MARKETING_DAILY_SCHEDULE": "none",  # only what the user starts runs here
            "MARKETING_RETRY_DELAY_SECONDS": "5",
            "MARKETING_LANDING_POLL_SECONDS": "5",
            # The sample lands at once; a day of a small one may lack a table, and waiting would not bring it.
            "MARKETING_LANDING_TIMEOUT_SECONDS": "120",
            "MARKETING_REPORT_URI": (self.home / "reports").as_uri(),
            "AIRFLOW_HOME": str(self.airflow_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",  # a busy laptop is slow, not broken
            "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "300",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
            # Two that parse at once may both insert an asset that is new; the DAG of the second is known 300 s later.
            "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.ui_url}/execution/",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.metadata.uri("psycopg2"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": self.metadata.uri("asyncpg"),
            "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
            "AIRFLOW__WEBSERVER__WARN_DEPLOYMENT_EXPOSURE": "False",
            "AIRFLOW__WEBSERVER__WORKERS": "1",
            "AIRFLOW__API__PORT": str(self.ui_port),
            "AIRFLOW__API__BASE_URL": self.ui_url,
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
            **self._environment,
        }

    def _write_local_configuration(self) -> None:
        # Only this machine can reach the web server, so it asks for no password.
        (self.airflow_home / "webserver_config.py").write_text('AUTH_ROLE_PUBLIC = "Admin"\n')
        (self.airflow_home / "config").mkdir(exist_ok=True)
        (self.airflow_home / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS)

    def run(self, *command: str | Path) -> str:
        """Run a command in the stack's environment and return what it printed.

        :raises StackError: if it fails, with what it printed.
        """
        result = subprocess.run(
            [str(part) for part in command],
            # On Airflow 2 a backfill runs its tasks itself, as the scheduler does.
            env=self.environment | ({"PRELOAD_FOR_TASKS": "1"} if "backfill" in command else {}),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise StackError(
                f"`{' '.join(map(str, command))}` failed with exit code {result.returncode}\n"
                f"{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
            )
        return result.stdout

    def airflow(self, *arguments: str) -> str:
        """Run an Airflow command and return what it printed."""
        return self.run(self.bin / "airflow", *arguments)

    def backfill(self, dag_id: str, first: date, last: date) -> None:
        """Rebuild days of a DAG with the command of this Airflow line, and wait until that is done.

        :param dag_id: the DAG.
        :param first: first data day, included.
        :param last: last data day, included.
        :raises StackError: if the command fails or a service dies meanwhile.
        """
        days = [str(first), str(last)]
        if self.line < AIRFLOW_3:
            self.airflow("dags", "backfill", dag_id, "-s", days[0], "-e", days[1], "--reset-dagruns", "--yes")
            return
        # Airflow 3 only writes down what is wanted; the scheduler does it.
        self.airflow(
            "backfill", "create", "--dag-id", dag_id, "--from-date", days[0], "--to-date", days[1],
            "--reprocess-behavior", "completed",
        )  # fmt: skip
        pending = "select id from backfill where dag_id = %s and completed_at is null"
        while self.query_metadata(pending, [dag_id]):
            self.check_services()
            time.sleep(1)

    @property
    def ui_url(self) -> str:
        """Where the web UI is served."""
        return f"http://127.0.0.1:{self.ui_port}"

    def start_airflow(self, *, ui: bool = False) -> None:
        """Start scheduler and triggerer, and the web UI where asked for (Airflow 3 always needs its API)."""
        # Nobody is asked for a password here, so nothing listens to other machines; logs are read from files.
        services = {name: [name, "--skip-serve-logs"] for name in ("scheduler", "triggerer")}
        if self.line >= AIRFLOW_3:
            services = {
                "api-server": ["api-server", "--host", LOOPBACK, "--port", str(self.ui_port), "--workers", "1"],
                "dag-processor": ["dag-processor"],
                **services,
            }
        elif ui:
            services["webserver"] = ["webserver", "--hostname", LOOPBACK, "--port", str(self.ui_port)]
        for name, arguments in services.items():
            preload = {"PRELOAD_FOR_TASKS": "1"} if name == "scheduler" else {}
            self._spawn(name, [self.bin / "airflow", *arguments], self.environment | preload)
        if self.line >= AIRFLOW_3 or ui:
            wait_for_http(f"{self.ui_url}/", self.check_services)
