"""Who is asked, what was said beforehand, and what the conversation needs of the world: its ports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from ccsync.config.create import Tables
    from ccsync.engine.options import Progress
    from ccsync.engine.survey import Survey


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers: its value, and the words for it."""

    value: str
    title: str


class Asker(Protocol):
    """Somebody who answers. Every method may raise KeyboardInterrupt, which ends the conversation."""

    @property
    def present(self) -> bool:
        """Whether anybody is there; nobody is asked otherwise."""
        ...

    def choose(self, question: str, choices: Sequence[Choice], proposed: str = "") -> str:
        """Return the value of one choice."""
        ...

    def pick(self, question: str, choices: Sequence[Choice], proposed: Collection[str]) -> list[str]:
        """Return the values of some choices, in their order."""
        ...

    def text(self, question: str, proposed: str, complaint: Callable[[str], str]) -> str:
        """Return a line; asked again as long as ``complaint`` says what is wrong with it."""
        ...

    def secret(self, question: str) -> str:
        """Return a line that is not shown while it is typed."""
        ...

    def confirm(self, question: str, *, proposed: bool) -> bool:
        """Return yes or no."""
        ...

    def tell(self, text: str) -> None:
        """Say something between two questions."""
        ...

    def watching(self) -> AbstractContextManager[Progress]:
        """Show how far long work is."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """Answers given beforehand; None is an open question. Each is the flag of the same name."""

    sandbox: bool | None = None
    account: str | None = None
    instance: str | None = None
    key: str | None = field(default=None, repr=False)
    client_id: str | None = None
    login: str | None = None
    runs: str | None = None
    store: str | None = None
    key_file: str | None = None
    direction: str | None = None
    list: str | None = None
    filter: str | None = None
    fields: str | None = None
    name: str | None = None
    settings: Tables | None = None  # of [constant_contact], for another place than the service's own


@dataclass(frozen=True, slots=True)
class Stored:
    """The logins that are there already for an account: a key for this Membrain, and whose Constant Contact."""

    key: bool = False
    constant_contact: str = ""


class Outside(Protocol):
    """The services and this machine, by the tables of a configuration that is not written yet."""

    def prepare(self, tables: Tables) -> Stored:
        """Open the place for the logins and try it; LocalError when nothing could be kept there."""
        ...

    def try_key(self, tables: Tables, key: str) -> int:
        """Try a key of Membrain and remember it; return the number of users that it shows."""
        ...

    def log_in(self, tables: Tables, way: str) -> str:
        """Let a person allow the access to Constant Contact and remember it; return the account's name."""
        ...

    def looking(self, tables: Tables) -> AbstractContextManager[Survey]:
        """Look at both sides, with the logins that are remembered."""
        ...


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation: who answers, what was said before, the world, and where a key for logins would lie."""

    asker: Asker
    said: Said
    outside: Outside
    key_file: str
