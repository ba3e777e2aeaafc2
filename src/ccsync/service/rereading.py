"""The configuration of a service that goes on for months: read again when its file changes and is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ccsync.errors import CcsyncError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccsync.config.model import Config
    from ccsync.constant_contact.budget import BudgetState

_Signature = tuple[int, int, int]


class Account(Protocol):
    """The account that is served, as its configuration was last read."""

    @property
    def config(self) -> Config:
        """The configuration in force."""
        ...

    @property
    def folder(self) -> Path:
        """The account's folder."""
        ...

    def budget(self) -> BudgetState:
        """Return how many of today's calls are used."""
        ...


class Teller(Protocol):
    """Whoever tells people what the service does; each thing once, when it begins."""

    def news(self, text: str) -> None:
        """Tell something while all is well: only where somebody wants to read that."""
        ...

    def trouble(self, text: str, hint: str = "") -> None:
        """Tell that something is wrong, and what to type."""
        ...

    def mended(self, text: str) -> None:
        """Tell that what was told as trouble is over."""
        ...


Served = TypeVar("Served", bound=Account)


class Rereading(Generic[Served]):
    """An account whose configuration is read again when its file's content changes.

    A file that is wrong, gone or for another account is told once, and the account stays as it was.
    """

    def __init__(self, path: Path, opened: Callable[[], Served], tell: Teller) -> None:
        """Open the account for the first time; whatever ``opened`` raises passes through."""
        self._path = path
        self._opened = opened
        self._tell = tell
        self._signature, self._content = self._looked()
        self._account = opened()
        self._wrong = False

    def look(self) -> Served:
        """Return the account by the configuration as it is now, or as it last was right."""
        if self._signed() == self._signature:
            return self._account
        self._signature, content = self._looked()
        if content == self._content:
            return self._account
        self._content = content
        try:
            account = self._opened()
            self._refuse_another(account)
        except CcsyncError as error:
            self._wrong = True
            self._tell.trouble(f"{error.message}: the service goes on with the configuration as it was", error.hint)
            return self._account
        self._account = account
        if self._wrong:
            self._wrong = False
            self._tell.mended(f"{self._path} is right again, and was read")
        else:
            self._tell.news(f"{self._path} has changed, and was read")
        return self._account

    def _refuse_another(self, account: Served) -> None:
        if account.folder != self._account.folder:
            raise CcsyncError(
                f"{self._path} is for another account or sandbox now, which takes a restart",
                hint="ccsync daemon restart",
            )

    def _looked(self) -> tuple[_Signature | None, bytes | None]:
        """Return the file's signature and its content, in this order: a change in between shows the next time."""
        signature = self._signed()
        try:
            return signature, self._path.read_bytes()
        except OSError:
            return signature, None

    def _signed(self) -> _Signature | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
