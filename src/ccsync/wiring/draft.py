"""An account whose configuration is not written yet: the services and the logins that it will have."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ccsync.config.model import Config
from ccsync.state.folder import account_folder, state_root
from ccsync.wiring.application import SANDBOXES, Application

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ccsync.clock import Clock
    from ccsync.credentials.store import CredentialStore

_NO_SYNC_YET = {"name": "people", "direction": "membrain-to-constant-contact", "list": "People"}


class Staged:
    """A place for logins in front of another one: what ``anew`` is given is remembered, and kept by ``keep`` alone.

    A login that is there already is read, and renewed in its place: its old token may be good for one use only.
    """

    def __init__(self, behind: CredentialStore) -> None:
        self._behind = behind
        self._remembered: dict[tuple[str, str], str] = {}

    @property
    def anew(self) -> CredentialStore:
        """The place for what a login of this conversation gives."""
        return _Anew(self, self._remembered)

    def read(self, account: str, service: str) -> str | None:
        """Return what is remembered, else what is kept."""
        return self._remembered.get((account, service)) or self._behind.read(account, service)

    def write(self, account: str, service: str, text: str) -> None:
        """Renew a login where it is."""
        if (account, service) in self._remembered:
            self._remembered[account, service] = text
        else:
            self._behind.write(account, service, text)

    def delete(self, account: str, service: str) -> None:
        """Forget a login where it is."""
        if self._remembered.pop((account, service), None) is None:
            self._behind.delete(account, service)

    def probe(self) -> None:
        """Find out whether logins could be kept."""
        self._behind.probe()

    def describe(self) -> str:
        """Say where they will lie."""
        return self._behind.describe()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep what is remembered; when what follows fails, put back what was there before."""
        before = {place: self._behind.read(*place) for place in self._remembered}
        try:
            for place, text in self._remembered.items():
                self._behind.write(*place, text)
            yield
        except BaseException:
            for place, old in before.items():
                if old is None:
                    self._behind.delete(*place)
                else:
                    self._behind.write(*place, old)
            raise


class _Anew:
    """The side of ``Staged`` that remembers."""

    def __init__(self, staged: Staged, remembered: dict[tuple[str, str], str]) -> None:
        self._staged = staged
        self._remembered = remembered
        self.read, self.delete = staged.read, staged.delete
        self.probe, self.describe = staged.probe, staged.describe

    def write(self, account: str, service: str, text: str) -> None:
        self._remembered[account, service] = text


class Draft(Application):
    """An application whose logins lie in front of the place that its configuration names."""

    __slots__ = ("_staged",)
    _staged: Staged

    def __init__(self, application: Application, staged: Staged) -> None:
        super().__init__(*(getattr(application, name) for name in Application.__dataclass_fields__))
        object.__setattr__(self, "_staged", staged)

    @property
    def credentials(self) -> CredentialStore:
        """The logins of the conversation, and those that were there before."""
        return self._staged


def application_of(tables: Mapping[str, Any], path: Path, environ: Mapping[str, str], clock: Clock) -> Application:
    """Return the account that these tables would be about, without a file; they have to be right."""
    config = Config.model_validate({"sync": [_NO_SYNC_YET], **tables})
    root = state_root(environ)
    if config.sandbox.enabled:
        root = root / SANDBOXES
    return Application(path, config, (), root, account_folder(root, config.account), environ, clock)
