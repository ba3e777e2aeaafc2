"""An account on the disk with a state of its own, and its command line: for commands that change the state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ccsync.cli.app import execute
from ccsync.cli.session import Environment
from ccsync.engine.streams import CONTACTS, OPT_OUTS
from ccsync.state.sqlite import SqliteStore
from ccsync.state.values import Timestamp

from .conftest import Outcome, Stream

if TYPE_CHECKING:
    from pathlib import Path

    from ccsync.state.store import Store

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
CONFIG = """
account = "acme"
[sandbox]
enabled = true
[[sync]]
name = "customers"
direction = "membrain-to-constant-contact"
list = "Customers"
[[sync.field]]
membrain = "contact.Name"
constant_contact = "full_name"
"""
READ = ("membrain.contacts", "membrain.companies", CONTACTS, OPT_OUTS)


class MinuteClock:
    """A minute after noon, always; a wait is over at once."""

    def now(self) -> datetime:
        return NOON + timedelta(minutes=1)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        pass


@dataclass
class Account:
    """One account on the disk, and its command line."""

    root: Path
    terminal: bool = False

    @property
    def folder(self) -> Path:
        return self.root / "state" / ".sandbox" / "acme"

    def __call__(self, *words: str) -> Outcome:
        typed, said, told = (Stream(terminal=self.terminal) for _ in range(3))
        variables = {"CCSYNC_STATE_DIR": str(self.root / "state"), "COLUMNS": "80", "HOME": str(self.root)}
        environment = Environment(typed, said, told, variables, MinuteClock())
        code = execute(("--config", str(self.root / "config.toml"), *words), environment)
        return Outcome(code, said.getvalue(), told.getvalue())

    def open(self) -> Store:
        return SqliteStore.open(self.folder / "state.sqlite")

    def read_up_to(self) -> dict[str, datetime]:
        store = self.open()
        try:
            return {name: one.read_up_to for name, one in store.progress.timestamps().items()}
        finally:
            store.close()

    def shown(self) -> dict[str, dict[str, Any]]:
        return {one["stream"]: one for one in self("timestamp", "show", "--json").data["timestamps"]}

    def events(self) -> list[dict[str, Any]]:
        """Return all that stands in the logs, oldest first."""
        found = sorted((self.folder / "logs").glob("*/*.jsonl"))
        return [json.loads(line) for path in found for line in path.read_text("utf-8").splitlines()]


def account_read_up_to_noon(root: Path) -> Account:
    """Return an account whose streams were read up to noon."""
    made = Account(root)
    (root / "config.toml").write_text(CONFIG, "utf-8")
    made.folder.mkdir(parents=True, mode=0o700)
    store = made.open()
    for name in READ:
        store.progress.set_timestamp(Timestamp(name, NOON, NOON))
    store.close()
    return made
