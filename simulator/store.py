"""Where the world is kept: in memory for reads, written through to SQLite before an answer leaves.

A table holds typed values under case-insensitive keys. Handlers change values and say so with `put` or `delete`;
`commit` writes everything that changed in one transaction. Nothing is ever read back from SQLite while the process
lives, so the cost of a read does not depend on what the file holds.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
Document = dict[str, Any]
Snapshot = dict[str, dict[str, Document]]


# Of the documents. It changes when an older simulator's documents can no longer be read.
FORMAT = 2


class StoreError(ValueError):
    """The file cannot be used as a world's state; the text is for the person who named it."""


class Store:
    """All tables of one world, and the file behind them.

    Args:
        path: the SQLite file, made if it is not there; None keeps the world in memory only.

    Raises:
        StoreError: the file is not one of ours, or one of another format.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._connection = sqlite3.connect(path if path is not None else ":memory:", isolation_level=None)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{path} is not a simulator's state ({error}). Name another file, or delete this one."
            ) from error
        self._tables: dict[str, Table[Any]] = {}
        self._changed: set[str] = set()

    def _open(self) -> None:
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found not in {0, FORMAT}:
            raise StoreError(
                f"The state was written in format {found}, and this simulator reads format {FORMAT}. "
                "Delete the file, or use the simulator that wrote it."
            )
        self._connection.execute(f"PRAGMA user_version = {FORMAT}")
        # WAL with NORMAL survives the death of the process at any instant (not a power cut).
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents "
            "(position INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, "
            "UNIQUE (kind, key))"
        )

    def table(
        self,
        kind: str,
        *,
        encode: Callable[[Any], Document] = dict,
        decode: Callable[[Document], Any] = dict,
        group: Callable[[Value], str] | None = None,
    ) -> Table[Value]:
        """The table of one kind, filled from the file. Called once for each kind, when the world opens.

        Args:
            kind: its name in the file, such as "asr.job".
            encode, decode: to and from a JSON document; left out, the values are JSON documents themselves.
            group: a key by which values are also kept together, such as the vault of a job; it may not change.
        """
        if kind in self._tables:
            raise ValueError(f"the table {kind!r} is already open")
        table: Table[Value] = Table(kind, encode, decode, group, self._changed)
        self._tables[kind] = table
        table.reload(self._rows(kind))
        return table

    def commit(self) -> None:
        """Write every change since the last commit, in one transaction. Costs nothing if nothing changed."""
        if not self._changed:
            return
        changes = [change for kind in sorted(self._changed) for change in self._tables[kind].take_changes()]
        self._changed.clear()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for kind, key, document in changes:
                if document is None:
                    self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
                else:
                    self._connection.execute(
                        "INSERT INTO documents (kind, key, body) VALUES (?, ?, ?) "
                        "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                        (kind, key, json.dumps(document, separators=(",", ":"))),
                    )
        except BaseException:
            self._connection.execute("ROLLBACK")
            for kind, key, _ in changes:
                self._tables[kind].note(key)
            raise
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """Make every table what the file holds: forget what changed since the last commit, in place or by `put`."""
        for kind, table in self._tables.items():
            table.reload(self._rows(kind))
        self._changed.clear()

    def snapshot(self) -> Snapshot:
        """Every document of every open table, detached from the world."""
        return {
            kind: {key: json.loads(json.dumps(table.encode(value))) for key, value in table.items()}
            for kind, table in self._tables.items()
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Put the world back to a snapshot; kinds that it does not name become empty."""
        for kind, table in self._tables.items():
            # A copy, as in snapshot(): what happens to the world later must not happen to the snapshot.
            table.replace(json.loads(json.dumps(snapshot.get(kind, {}))))
        self.commit()

    def close(self) -> None:
        """Write what is left and close the file."""
        self.commit()
        self._connection.close()

    def _rows(self, kind: str) -> Iterator[tuple[str, Document]]:
        rows = self._connection.execute("SELECT key, body FROM documents WHERE kind = ? ORDER BY position", (kind,))
        return ((key, json.loads(body)) for key, body in rows)


class Table(Generic[Value]):
    """Values of one kind under case-insensitive keys, in the order in which they were first put."""

    def __init__(
        self,
        kind: str,
        encode: Callable[[Value], Document],
        decode: Callable[[Document], Value],
        group: Callable[[Value], str] | None,
        changed_kinds: set[str],
    ) -> None:
        self.kind = kind
        self.encode = encode
        self._decode = decode
        self._group = group
        self._values: dict[str, Value] = {}
        self._groups: dict[str, dict[str, Value]] = {}
        self._changed: dict[str, None] = {}
        self._changed_kinds = changed_kinds

    def get(self, key: str) -> Value | None:
        """The value under a key, matched without regard to case."""
        return self._values.get(key.lower())

    def put(self, key: str, value: Value) -> Value:
        """Keep a value, new or changed in place, under a key; it is written with the next commit."""
        folded = key.lower()
        self._values[folded] = value
        if self._group is not None:
            self._groups.setdefault(self._group(value).lower(), {})[folded] = value
        self.note(folded)
        return value

    def delete(self, key: str) -> None:
        """Forget the value under a key, if there is one."""
        folded = key.lower()
        value = self._values.pop(folded, None)
        if value is None:
            return
        if self._group is not None:
            self._groups.get(self._group(value).lower(), {}).pop(folded, None)
        self.note(folded)

    def values(self) -> list[Value]:
        """All values, in the order in which they were first put."""
        return list(self._values.values())

    def items(self) -> list[tuple[str, Value]]:
        """All keys (folded to lower case) with their values."""
        return list(self._values.items())

    def of(self, group: str) -> list[Value]:
        """The values of one group, in the order in which they were first put."""
        return list(self._groups.get(group.lower(), {}).values())

    def holds(self, group: str) -> bool:
        """Whether there is any value of a group; as quick for a thousand as for one."""
        return bool(self._groups.get(group.lower()))

    def clear(self) -> None:
        """Forget everything."""
        for key in list(self._values):
            self.delete(key)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._values

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values())

    def take_changes(self) -> list[tuple[str, str, Document | None]]:
        """What waits to be written, as (kind, key, document or None if deleted); afterwards nothing waits."""
        changes = [
            (self.kind, key, self.encode(self._values[key]) if key in self._values else None) for key in self._changed
        ]
        self._changed.clear()
        return changes

    def reload(self, documents: Iterator[tuple[str, Document]]) -> None:
        """Make the table hold what the file holds; nothing waits to be written afterwards."""
        self._values.clear()
        self._groups.clear()
        for key, document in documents:
            self.put(key, self._decode(document))
        self._changed.clear()
        self._changed_kinds.discard(self.kind)

    def replace(self, documents: dict[str, Document]) -> None:
        """Make the table hold these documents and nothing else."""
        self.clear()
        for key, document in documents.items():
            self.put(key, self._decode(document))

    def note(self, key: str) -> None:
        """Say that a key's value, or its absence, waits to be written."""
        self._changed[key] = None
        self._changed_kinds.add(self.kind)
