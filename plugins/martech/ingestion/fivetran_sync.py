"""Syncs Fivetran connections and waits in the triggerer until the syncs have succeeded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowException,
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    BaseHook,
    BaseOperator,
)
from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from martech.ingestion.fivetran_hook import (
    DELAYED,
    SYNCING,
    ConnectionState,
    FivetranError,
    FivetranHook,
    FivetranUnavailableError,
)
from martech.ingestion.partition_sensor import GRACE

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

SUCCEEDED, FAILED, TIMEOUT = "succeeded", "failed", "timeout"
log = logging.getLogger(__name__)


class SyncFailedError(FivetranError):
    """A sync that was asked for has failed; another one may succeed."""


@dataclass
class SyncWatch:
    """A connection on its way to a sync that began after it was asked for.

    A sync that runs already may have read some tables before the day ended, so it is waited for, and then ours starts.

    :param connection_id: id of the Fivetran connection.
    :param asked: whether the sync has been asked for.
    :param succeeded_at: newest success before that, ISO; None if there was none.
    :param failed_at: newest failure before that, ISO; None if there was none.
    """

    connection_id: str
    asked: bool = False
    succeeded_at: str | None = None
    failed_at: str | None = None

    def look(self, hook: FivetranHook) -> str | None:
        """Ask for the sync if that is due, and return when it succeeded; None while it has not.

        :param hook: asks Fivetran.
        :raises FivetranError: where the connection cannot sync or its sync has failed.
        """
        state = hook.state(self.connection_id)
        if state.problem:
            raise FivetranError(state.problem)
        if self.asked:
            return self._outcome(state)
        if state.sync_state == SYNCING:
            log.info("Fivetran connection %s is syncing: ours starts after it.", self.connection_id)
            return None
        log.info("Fivetran: %s", hook.sync(self.connection_id))
        self.asked = True
        self.succeeded_at = state.succeeded_at.isoformat() if state.succeeded_at else None
        self.failed_at = state.failed_at.isoformat() if state.failed_at else None
        return None

    def _outcome(self, state: ConnectionState) -> str | None:
        if state.succeeded_at and _is_new(state.succeeded_at, self.succeeded_at):
            return state.succeeded_at.isoformat()
        if state.failed_at and _is_new(state.failed_at, self.failed_at):
            asks = f" It asks for: {'; '.join(state.tasks)}." if state.tasks else ""
            raise SyncFailedError(
                f"The sync of Fivetran connection {self.connection_id} failed at {state.failed_at:%Y-%m-%d %H:%M} UTC."
                f"{asks} Its log on the connection's page in Fivetran says why; correct that, then clear this task, "
                "which syncs again."
            )
        level = logging.WARNING if state.update_state == DELAYED else logging.INFO
        log.log(level, "Fivetran connection %s: %s, %s.", self.connection_id, state.sync_state, state.update_state)
        return None


def _is_new(moment: datetime, before: str | None) -> bool:
    return before is None or moment > datetime.fromisoformat(before)


class FivetranSyncTrigger(BaseTrigger):
    """Fires when the syncs of all connections have succeeded, when one cannot, or at the deadline.

    While Fivetran is unavailable it warns and goes on. Its event says ``status``: ``succeeded`` (with ``syncs``: time
    of success by connection), ``failed`` (with ``message`` and ``may_retry``) or ``timeout`` (with ``message``).

    :param fivetran_conn_id: Airflow connection.
    :param watches: arguments of a :class:`SyncWatch` per connection.
    :param poke_interval: seconds between looks.
    :param deadline: Unix time, in seconds, after which it gives up.
    """

    def __init__(
        self, *, fivetran_conn_id: str, watches: Sequence[Mapping[str, Any]], poke_interval: float, deadline: float
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow 2.11 has no annotation there
        self.fivetran_conn_id = fivetran_conn_id
        self.watches = [SyncWatch(**watch) for watch in watches]
        self.poke_interval = poke_interval
        self.deadline = deadline
        self._syncs: dict[str, str] = {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and arguments from which a triggerer makes this trigger again."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "fivetran_conn_id": self.fivetran_conn_id,
                "watches": [vars(watch) for watch in self.watches],
                "poke_interval": self.poke_interval,
                "deadline": self.deadline,
            },
        )

    def _look(self) -> str:
        """Look at every connection that is not done; return why it is waited for, nothing if all have succeeded."""
        hook = FivetranHook(self.fivetran_conn_id)
        reasons = []
        for watch in self.watches:
            if watch.connection_id in self._syncs:
                continue
            try:
                succeeded_at = watch.look(hook)
            except FivetranUnavailableError as error:
                log.warning("%s Looking again in %d s.", error, self.poke_interval)
                reasons.append(str(error))
                continue
            if succeeded_at:
                self._syncs[watch.connection_id] = succeeded_at
            else:
                reasons.append(f"The sync of Fivetran connection {watch.connection_id} has not ended.")
        return " ".join(reasons)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every ``poke_interval`` seconds, in a thread, since the HTTP client blocks.

        The task has looked before it deferred, so that the first look comes an interval later. A trigger that fires at
        once may wake its task before the scheduler knows that it has deferred: Airflow 3 takes that for a death.
        """
        look = sync_to_async(self._look, thread_sensitive=False)
        while True:
            await asyncio.sleep(min(self.poke_interval, max(self.deadline - time.time(), 0)))
            try:
                reason = await look()
            except Exception as error:
                # Whatever it is, the task must hear of it: an exception here would leave it without a reason.
                message = str(error) if isinstance(error, FivetranError) else f"{type(error).__name__}: {error}"
                may_retry = not isinstance(error, FivetranError) or isinstance(error, SyncFailedError)
                yield TriggerEvent({"status": FAILED, "message": message, "may_retry": may_retry})
                return
            if not reason:
                yield TriggerEvent({"status": SUCCEEDED, "syncs": self._syncs})
                return
            if time.time() >= self.deadline:
                yield TriggerEvent({"status": TIMEOUT, "message": reason})
                return


class FivetranSyncOperator(BaseOperator):
    """Syncs Fivetran connections and waits, without a worker slot, until the syncs have succeeded.

    Without an Airflow connection or a Fivetran connection id it succeeds with a log line, so that what comes
    after it waits for what lands on its own. Returns (to XCom) the time of success by connection, None if nothing
    was started.

    :param connection_id: id of the Fivetran connection, several between commas; empty if there is none (templated).
    :param fivetran_conn_id: Airflow connection of type ``http`` (templated).
    :param wait_timeout: how long the syncs may take.
    :param poke_interval: time between looks.
    :raises AirflowFailException: where Fivetran refuses, or a connection is broken or paused; with the remedy.
    :raises AirflowException: where a sync has failed; a retry syncs again.
    :raises AirflowSensorTimeout: where a sync has not ended in time.
    """

    template_fields: Sequence[str] = ("connection_id", "fivetran_conn_id")
    ui_color = "#ede7f6"

    def __init__(
        self,
        *,
        connection_id: str | None,
        fivetran_conn_id: str = "fivetran_default",
        wait_timeout: timedelta = timedelta(hours=6),
        poke_interval: timedelta = timedelta(minutes=1),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connection_id = connection_id
        self.fivetran_conn_id = fivetran_conn_id
        self.wait_timeout = wait_timeout
        self.poke_interval = poke_interval

    def execute(self, context: Context) -> None:
        """Start the syncs, then wait in the triggerer."""
        watches = [SyncWatch(part.strip()) for part in (self.connection_id or "").split(",") if part.strip()]
        if not watches:
            self.log.info("No Fivetran connection is configured for this source: waiting for what lands.")
            return
        try:
            BaseHook.get_connection(self.fivetran_conn_id)
        except AirflowNotFoundException:
            self.log.info("Airflow has no connection %s: waiting for what lands.", self.fivetran_conn_id)
            return
        self._start(watches)
        self.defer(
            trigger=FivetranSyncTrigger(
                fivetran_conn_id=self.fivetran_conn_id,
                watches=[vars(watch) for watch in watches],
                poke_interval=self.poke_interval.total_seconds(),
                deadline=time.time() + self.wait_timeout.total_seconds(),
            ),
            method_name="execute_complete",
            timeout=self.wait_timeout + GRACE,
        )

    def _start(self, watches: Iterable[SyncWatch]) -> None:
        hook = FivetranHook(self.fivetran_conn_id)
        for watch in watches:
            try:
                watch.look(hook)
            except FivetranUnavailableError as error:
                log.warning("%s Trying again in the triggerer.", error)
            except (FivetranError, ValueError) as error:
                raise AirflowFailException(str(error)) from error

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, str]:
        """Go on after waiting in the triggerer.

        :param context: the task's context.
        :param event: what the trigger says.
        """
        if event["status"] == TIMEOUT:
            raise AirflowSensorTimeout(
                f"{event['message']} Waited {self.wait_timeout}. See the connection's page in Fivetran; where its "
                "syncs take longer, raise MARKETING_LANDING_TIMEOUT_SECONDS. Then clear this task."
            )
        if event["status"] == FAILED:
            raise (AirflowException if event["may_retry"] else AirflowFailException)(event["message"])
        syncs: dict[str, str] = event["syncs"]
        for connection_id, succeeded_at in syncs.items():
            self.log.info("Fivetran connection %s has synced, %s.", connection_id, succeeded_at)
        return syncs
