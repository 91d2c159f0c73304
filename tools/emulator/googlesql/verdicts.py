"""Statements that passed before: the same text against tables of the same shapes passes again.

Kept in a file, so that the warehouses of a test run, and the next run's, share them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from googlesql.changes import Changes
from googlesql.script import World
from googlesql.shapes import Shape, shape_of_text

# Stands for the project in what is kept: each test has a project of its own.
PROJECT = "\x00"
BUSY_SECONDS = 30
# A run of all tests keeps some 35 MB, each version of the rules anew.
MOST_BYTES = 500_000_000


class Verdicts:
    """What passed, and what it made of the tables.

    :param file: the database; made where it is missing.
    :param rules: version of all that decides; another version forgets everything.
    """

    def __init__(self, file: Path, rules: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        # One connection, used by one thread at a time.
        self._database = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._database.execute("pragma journal_mode = wal")
        # What a crash loses is worked out again.
        self._database.execute("pragma synchronous = off")
        self._database.execute("create table if not exists passed (key text primary key, outcome text) without rowid")
        if file.stat().st_size > MOST_BYTES:
            self._database.execute("delete from passed")
        self._rules = rules

    def key(self, project: str, *parts: str) -> str:
        """Return the key of what decides about a statement.

        :param project: the job's project, which the key leaves out.
        :param parts: the statement and all that it is checked against, as text.
        """
        text = json.dumps([self._rules, *parts]).replace(project, PROJECT)
        return hashlib.sha256(text.encode()).hexdigest()

    def find(self, key: str, project: str) -> str | None:
        """Return what was kept under a key; None where nothing was."""
        with closing(self._database.execute("select outcome from passed where key = ?", (key,))) as found:
            row = found.fetchone()
        return row[0].replace(PROJECT, project) if row else None

    def keep(self, key: str, project: str, outcome: str) -> None:
        """Keep an outcome under a key."""
        self._database.execute(
            "insert or replace into passed values (?, ?)", (key, outcome.replace(project, PROJECT))
        ).close()


class Observed:
    """A world that remembers what was asked of it and what it answered.

    :param world: the tables that exist.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        # By question, as text.
        self.seen: dict[str, str] = {}

    def shape(self, full_name: str) -> Shape | None:
        """Return a table's shape; None where it does not exist."""
        return self._note(f"shape {full_name}", self._world.shape(full_name))

    def newest(self, prefix: str) -> Shape | None:
        """Return the shape of the newest table whose full name starts with ``prefix``."""
        return self._note(f"newest {prefix}", self._world.newest(prefix))

    def has_dataset(self, name: str) -> bool:
        """Whether the dataset ``project.dataset`` exists."""
        found = self._world.has_dataset(name)
        self.seen[f"has_dataset {name}"] = str(found)
        return found

    def look_again(self, questions: Iterable[str]) -> None:
        """Ask what was asked before.

        :param questions: keys of ``seen``.
        """
        for question in questions:
            method, name = question.split(" ", 1)
            getattr(self, method)(name)

    def seen_text(self) -> str:
        """Return questions and answers as one text."""
        return json.dumps(self.seen, sort_keys=True)

    def _note(self, question: str, shape: Shape | None) -> Shape | None:
        self.seen[question] = shape.as_text() if shape else ""
        return shape


def changes_as_text(changes: Mapping[str, Shape | None]) -> str:
    """Return changes of tables as JSON: what ``changes_of_text`` reads."""
    return json.dumps({name: shape and shape.as_text() for name, shape in changes.items()})


def changes_of_text(text: str) -> Changes:
    """Return the changes that ``changes_as_text`` wrote."""
    return {name: shape_of_text(shape) if shape else None for name, shape in json.loads(text).items()}
