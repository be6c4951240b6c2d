"""Collections and aliases on disk: one engine shard a collection, and one metadata file.

A shard lives in a directory of its own under a random name; ``collections.json``, replaced
atomically, says which directory is which collection. So a crash while a collection is created or
dropped leaves at most a directory that nobody names, and the next start removes it. All of it stands
in one subdirectory, so that a volume with a real server's data loses nothing to the double.
"""

import json
import os
import shutil
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import qdrant_edge as edge
from qdrant_client.http import models as rest

from qdrant_double.convert import engine_config

T = TypeVar("T")


class Refused(Exception):
    """A request the server would turn down: ``status`` is the HTTP code, the text Qdrant's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def engine(call: Callable[[], T]) -> T:
    """Run an engine call; its errors are plain ``Exception``, so only their text tells them apart."""
    try:
        return call()
    except (NotImplementedError, Refused):
        raise
    except Exception as error:
        text = str(error)
        if text.startswith("No point with id"):
            raise Refused(404, f"Not found: {text}") from error
        if text.startswith("Service runtime error"):
            raise Refused(500, text) from error
        raise Refused(400, f"Wrong input: {text}") from error


WAL_BYTES = 32 * 1024 * 1024
"""Of one segment of the write-ahead log."""


def check_room(directory: Path) -> None:
    """Refuse a write where the disk is nearly full. The engine maps its files: it would not survive a full one."""
    if shutil.disk_usage(directory).free < WAL_BYTES:
        reason = "No space left on device: WAL buffer size exceeds available disk space"
        raise Refused(500, f"Service internal error: {reason}")


@dataclass
class Collection:
    """An open shard with the request that created it."""

    directory: Path
    config: rest.CreateCollection
    shard: edge.EdgeShard
    unoptimized: int = field(default=0)

    OPTIMIZE_EVERY = 20_000
    """Points. Above about this many, a plain scan is slower than building the graph pays for."""

    def update(self, operation: edge.UpdateOperation, points: int = 0) -> None:
        """Apply a write, which is in the write-ahead log on return."""
        check_room(self.directory)
        engine(lambda: self.shard.update(operation))
        self.unoptimized += points
        if self.unoptimized >= self.OPTIMIZE_EVERY:
            self.unoptimized = 0
            engine(self.shard.optimize)


class Store:
    """Every collection and alias under ``path``; names resolve through aliases."""

    def __init__(self, path: Path) -> None:
        path = path / "qdrant-double"
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.RLock()
        self._file = path / "collections.json"
        saved = (
            json.loads(self._file.read_text()) if self._file.exists() else {"collections": {}, "aliases": {}}
        )
        self._aliases: dict[str, str] = saved["aliases"]
        self._collections: dict[str, Collection] = {}
        named = {entry["directory"] for entry in saved["collections"].values()}
        for directory in path.iterdir():
            if directory.is_dir() and directory.name not in named:
                shutil.rmtree(directory)
        for name, entry in saved["collections"].items():
            shard = edge.EdgeShard.load(str(path / entry["directory"]))
            config = rest.CreateCollection.model_validate(entry["config"])
            self._collections[name] = Collection(path / entry["directory"], config, shard)

    def names(self) -> list[str]:
        """Names of the collections, without aliases."""
        return list(self._collections)

    def aliases(self) -> dict[str, str]:
        """Alias to collection name."""
        return dict(self._aliases)

    def exists(self, name: str) -> bool:
        """Whether ``name`` is a collection or an alias."""
        return name in self._aliases or name in self._collections

    def get(self, name: str) -> Collection:
        """The collection called or aliased ``name``; 404 without one."""
        try:
            return self._collections[self._aliases.get(name, name)]
        except KeyError:
            raise Refused(404, f"Not found: Collection `{name}` doesn't exist!") from None

    def create(self, name: str, config: rest.CreateCollection) -> None:
        """Create an empty collection; 409 if the name is taken."""
        with self._lock:
            if self.exists(name):
                raise Refused(409, f"Wrong input: Collection `{name}` already exists!")
            check_room(self._path)
            directory = self._path / uuid.uuid4().hex
            shard = engine(lambda: edge.EdgeShard.create(str(directory), engine_config(config)))
            self._collections[name] = Collection(directory, config, shard)
            self._save()

    def drop(self, name: str) -> bool:
        """Delete a collection, its files and the aliases that point to it; false without one."""
        with self._lock:
            dropped = self._collections.pop(name, None)
            if dropped is None:
                return False
            self._aliases = {alias: target for alias, target in self._aliases.items() if target != name}
            self._save()
        dropped.shard.close()
        shutil.rmtree(dropped.directory)
        return True

    def change_aliases(self, actions: list[rest.AliasOperations]) -> None:
        """Apply all actions or none; readers see either the old set or the new one."""
        with self._lock:
            aliases = dict(self._aliases)
            for action in actions:
                match action:
                    case rest.CreateAliasOperation(create_alias=new):
                        self._put_alias(aliases, new.alias_name, new.collection_name)
                    case rest.RenameAliasOperation(rename_alias=change):
                        target = _take_alias(aliases, change.old_alias_name)
                        self._put_alias(aliases, change.new_alias_name, target)
                    case rest.DeleteAliasOperation(delete_alias=old):
                        aliases.pop(old.alias_name, None)
            self._aliases = aliases
            self._save()

    def _put_alias(self, aliases: dict[str, str], alias: str, collection: str) -> None:
        if collection not in self._collections:
            raise Refused(404, f"Not found: Collection `{collection}` doesn't exist!")
        if alias in self._collections:
            raise Refused(409, f"Wrong input: Collection `{alias}` already exists!")
        aliases[alias] = collection

    def _save(self) -> None:
        saved: dict[str, Any] = {
            "collections": {
                name: {
                    "directory": collection.directory.name,
                    "config": collection.config.model_dump(mode="json", exclude_none=True),
                }
                for name, collection in self._collections.items()
            },
            "aliases": self._aliases,
        }
        partial = self._file.with_suffix(".partial")
        with partial.open("w") as out:
            json.dump(saved, out)
            out.flush()
            os.fsync(out.fileno())
        partial.replace(self._file)


def _take_alias(aliases: dict[str, str], alias: str) -> str:
    try:
        return aliases.pop(alias)
    except KeyError:
        raise Refused(404, f"Not found: Alias {alias} does not exists!") from None
