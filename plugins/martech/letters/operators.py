"""The step that writes the weekly letter and sends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowException, AirflowSkipException

from martech.alerts.channels import TIMEOUT_SECONDS, connection_exists, post_to_slack, send_email, within_time
from martech.alerts.masking import safe_text
from martech.dashboards.cube import Cube
from martech.dashboards.links import DashboardLink, browser_address
from martech.dashboards.metrics import metrics_of, single_values
from martech.dashboards.pages import PAGES
from martech.letters.client import LetterClient
from martech.letters.declared import LetterPlan
from martech.letters.letter import Letter, write_letter
from martech.letters.texts import letter_html, letter_slack
from martech.letters.week import Week
from martech.reports.folder import write_page
from martech.warehouse.operators import WarehouseOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

SLACK, SMTP = "slack", "smtp"


class SendLetterOperator(WarehouseOperator):
    """Writes the letter of a week beside the dashboards, and sends it to each channel that has a connection, once.

    Reads the run's params ``week`` (a day of it; the last whole week if empty), ``dry_run`` (write and log, send
    nothing) and ``again`` (send what was sent). Returns (to XCom) where its page is.

    :param load_manifest: returns dbt's manifest, which has the metrics; called when the task runs.
    :param load_plan: returns what the letter says; called when the task runs.
    :param load_targets: returns what metrics should be; called when the task runs.
    :param sql_folder: folder of the saved queries' SQL.
    :param sql_context: project and datasets, for this SQL.
    :param report_uri: folder of the pages, see :func:`~martech.reports.folder.write_page` (templated).
    :param quality_checks: ``project.dataset.table`` of the results of quality checks.
    :param letters_sent: ``project.dataset.table`` of what was sent, shaped like ``include/sql/ops/letters_sent.sql``.
    :param channels: Airflow connection by channel, ``slack`` and ``smtp``.
    :param currency: currency of all money.
    :param kwargs: where the warehouse is, see :class:`WarehouseOperator`.
    :raises AirflowSkipException: where gold has no day at all.
    :raises LetterError: where gold lacks a day of the week.
    :raises AirflowException: where a channel has not taken it; a retry sends to that one only.
    """

    template_fields: Sequence[str] = (*WarehouseOperator.template_fields, "report_uri")
    operator_extra_links = (DashboardLink(),)
    ui_color = "#e3f2fd"

    def __init__(  # noqa: PLR0913 - what it reads, and where it goes
        self,
        *,
        load_manifest: Callable[[], Mapping[str, Any]],
        load_plan: Callable[[], LetterPlan],
        load_targets: Callable[[], Mapping[str, float]],
        sql_folder: Path,
        sql_context: Mapping[str, Any],
        report_uri: str,
        quality_checks: str,
        letters_sent: str,
        channels: Mapping[str, str],
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.load_manifest = load_manifest
        self.load_plan = load_plan
        self.load_targets = load_targets
        self.sql_folder = sql_folder
        self.sql_context = sql_context
        self.report_uri = report_uri
        self.quality_checks = quality_checks
        self.letters_sent = letters_sent
        self.channels = channels
        self.currency = currency

    def execute(self, context: Context) -> str:
        """Ask, write, and send where it was not sent yet."""
        client, params = self.warehouse(context, LetterClient), context["params"]
        week = Week.of(date.fromisoformat(params["week"])) if params["week"] else Week.of(self._today()).ago(1)
        plan, manifest = self.load_plan(), self.load_manifest()
        cubes = self._cubes(client, manifest, plan, week)
        if not cubes[plan.query].rows:
            raise AirflowSkipException(f"Gold has no day of {week} or the weeks before: there is nothing to write.")
        letter = write_letter(
            plan,
            week,
            metrics=metrics_of(manifest),
            cubes=cubes,
            targets=self.load_targets(),
            failed=client.failed_checks(self.quality_checks),
            currency=self.currency,
        )
        pages = {name: browser_address(f"{self.report_uri.rstrip('/')}/{name}.html") for name in PAGES}
        html = letter_html(letter, plan, pages)
        place = write_page(self.report_uri, f"letter-{week.first}.html", html, conn_id=self.gcp_conn_id)
        text = letter_slack(letter, pages, browser_address(place))
        self.log.info("The letter is %s\n%s", place, text)
        if params["dry_run"]:
            self.log.info("Dry run: nothing is sent.")
            return place
        told = set() if params["again"] else client.sent_channels(self.letters_sent, week)
        self._send(client, letter, html, text, told, context["ti"].run_id)
        return place

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).date()

    def _cubes(
        self, client: LetterClient, manifest: Mapping[str, Any], plan: LetterPlan, week: Week
    ) -> dict[str, Cube]:
        """Return the answers of the plan's queries: of the figures over all weeks, of the others over two.

        Where a figure is of one value of a dimension, such as the attribution model, it is of this one.
        """
        days = {told.query: (week.ago(1).first, week.last) for told in plan.told}
        days[plan.query] = week.ago(plan.weeks - 1).first, week.last
        one: dict[str, str] = {}
        for model in manifest["semantic_models"].values():
            one |= single_values(model)
        cubes = client.cubes(manifest, self.sql_folder, self.sql_context, days)
        return {name: cube.only(one) for name, cube in cubes.items()}

    def _send(  # noqa: PLR0913, PLR0917 - one caller
        self, client: LetterClient, letter: Letter, html: str, text: str, told: set[str], run_id: str
    ) -> None:
        ways: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {
            SLACK: (post_to_slack, (text,)),
            SMTP: (send_email, (letter.title, html)),
        }
        failed, connected = [], False
        for channel, conn_id in self.channels.items():
            if not connection_exists(conn_id):
                continue
            connected = True
            if channel in told:
                self.log.info("%s has this letter already.", channel)
                continue
            send, what = ways[channel]
            try:
                within_time(TIMEOUT_SECONDS, send, conn_id, *what)
            except Exception as error:
                # Without a traceback: it would hold the webhook's address.
                failed.append(f"{channel} (connection {conn_id}): {safe_text(f'{type(error).__name__}: {error}')}")
                continue
            client.record_sent(self.letters_sent, letter.week, channel, run_id)
            self.log.info("Sent by %s.", channel)
        if not connected:
            self.log.warning("The letter went to nobody: make a connection %s.", " or ".join(self.channels.values()))
        if failed:
            raise AirflowException(
                f"The letter was not taken by {'; '.join(failed)}. Correct the connection, then clear this task: "
                "channels that have it do not get it again."
            )
