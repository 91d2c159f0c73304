"""Where a sync's records are, so that none is left behind when its declaration changes, gets another name or goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from martech.activation.changes import ActivationError
from martech.activation.sync import Condition, Consent, Limits, Sync
from martech.warehouse.statements import run, short, statement


class TargetError(ActivationError):
    """The records of a sync are somewhere else than where it would write; the message names the remedy."""


@dataclass(frozen=True)
class KeptTarget:
    """The target that a sync has written to.

    :param target: see :func:`~martech.activation.destinations.target_of`.
    :param declaration: what the hook needs to reach it again: destination, connection and options.
    """

    target: str
    declaration: dict[str, Any]


class Targets:
    """Reads and writes ``activation_targets``.

    :param client: BigQuery client.
    :param table: full name of ``layer.table``.
    """

    def __init__(self, client: bigquery.Client, *, table: Callable[[str], str]) -> None:
        self._client = client
        self._names = {name: table(f"ops.activation_{name}") for name in ("targets", "state", "outbox", "dead_letters")}

    def kept(self, sync_name: str) -> KeptTarget | None:
        """Return the target of a sync, None where none is kept."""
        rows = list(self._run("kept_target", sync_name=sync_name))
        return KeptTarget(rows[0]["target"], json.loads(rows[0]["declaration"])) if rows else None

    def keep(self, sync: Sync, target: str) -> None:
        """Write down what a sync writes to from now on."""
        declaration = {"destination": sync.destination, "connection": sync.connection, "options": sync.options}
        kept = KeptTarget(target, declaration)
        if self.kept(sync.name) != kept:
            self._run("keep_target", sync_name=sync.name, target=target, declaration=json.dumps(declaration))

    def held(self) -> dict[str, int]:
        """Return how many records each sync holds at its target, or may hold."""
        return {row["sync_name"]: row["records"] for row in self._run("held_records")}

    def forget(self, sync_name: str) -> None:
        """Forget what a sync holds: its target is gone, or was emptied by hand."""
        for name in ("state", "outbox", "dead_letters", "targets"):
            sql = short("delete from `{{ table }}` where sync_name = @sync_name", table=self._names[name])
            run(self._client, sql, {"sync_name": sync_name})

    def require_same(self, sync: Sync, target: str) -> None:
        """Keep the target of a sync that is about to write.

        :raises TargetError: where it still holds records at another one.
        """
        kept = self.kept(sync.name)
        records = self.held().get(sync.name, 0) if kept and kept.target != target else 0
        if kept and records:
            trigger = f"airflow dags trigger activate_{sync.name} --conf"
            raise TargetError(
                f"{sync.name} writes to {target}, but its {records} records are at {kept.target}, where nobody would "
                f"remove them any more. Nothing was planned. Remove them there: {trigger} "
                f'\'{{"empty_sync": "{sync.name}"}}\'; the next run fills the new target. Or, if the old one is gone: '
                f'{trigger} \'{{"forget_sync": "{sync.name}"}}\'. Or undo the change of {sync.path.name} or of '
                f"connection {sync.connection}."
            )
        self.keep(sync, target)

    def retired(self, sync_name: str, *, connection: str | None, path: Path) -> Sync:
        """Return the declaration with which what a sync holds can be removed from its kept target.

        :param sync_name: a sync whose target has changed, or that is no longer declared.
        :param connection: Airflow connection that leads there; the kept one if None.
        :param path: file to name in messages.
        :raises TargetError: where nothing is known of it.
        """
        kept = self.kept(sync_name)
        if kept is None:
            known = ", ".join(sorted(self.held())) or "none"
            raise TargetError(f"No target of {sync_name!r} is known. Syncs that hold records: {known}.")
        return Sync(
            name=sync_name,
            description=f"Empties {kept.target}.",
            owner="",
            schedule="",
            model="",
            key="",
            join=None,
            where=(),
            read_only=None,
            consent=Consent("", "", "", Condition("", "is", value=False)),
            destination=kept.declaration["destination"],
            connection=connection or kept.declaration["connection"],
            options=kept.declaration["options"],
            mode="mirror",
            columns=(),
            limits=Limits(max_removed_percent=100),
            path=path,
        )

    def _run(self, file: str, **values: Any) -> Any:
        return run(self._client, statement(f"activation/sql/{file}.sql", **self._names), values)
