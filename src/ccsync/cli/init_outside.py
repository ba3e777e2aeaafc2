"""What ``ccsync init`` needs of the world: the services and this machine, with logins that are kept at the end."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from ccsync.cli import auth_flow
from ccsync.credentials.key import new_key
from ccsync.credentials.store import read_membrain_key, read_tokens
from ccsync.engine.setup.asking import Stored
from ccsync.errors import LoginNeeded
from ccsync.wiring.draft import Draft, Staged, application_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from ccsync.cli.session import Session
    from ccsync.config.create import Tables
    from ccsync.credentials.store import MembrainKey
    from ccsync.engine.survey import Survey
    from ccsync.wiring.application import Application


class RealOutside:
    """Both services over the net, or in the sandbox; used as a context, which takes back a key that was not needed."""

    def __init__(self, session: Session, path: Path) -> None:
        self._session = session
        self._path = path
        self._staged: Staged | None = None
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def prepare(self, tables: Tables) -> Stored:
        """Open the place for the logins, with a new key when its file is not there."""
        self._undo.close()
        application = self._application(tables)
        chosen = application.config.credentials
        if chosen.key_file is not None:
            self._make_key(Path(chosen.key_file).expanduser())
        self._staged = Staged(application.credentials)
        self._staged.probe()
        return self._stored(tables, application)

    def _make_key(self, path: Path) -> None:
        if path.exists():
            return
        for missing in reversed([one for one in path.parents if not one.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
            self._undo.callback(_remove_folder, missing)
        new_key(path)
        self._undo.callback(path.unlink, missing_ok=True)

    def _stored(self, tables: Tables, application: Application) -> Stored:
        store, account = self._logins, tables["account"]
        key: MembrainKey | None = None
        with suppress(LoginNeeded):
            key = read_membrain_key(store, account)
        tokens = None
        with suppress(LoginNeeded):
            tokens = read_tokens(store, account)
        here = urlsplit(application.membrain_base_url).hostname
        return Stored(
            key is not None and urlsplit(key.url).hostname == here,
            (tokens.account_name or tokens.account_id) if tokens else "",
        )

    def try_key(self, tables: Tables, key: str) -> int:
        """Try a key; what is no key at all is not sent."""
        key = auth_flow.membrain_key_from_person(StringIO(f"{key}\n"), with_key=True)
        url = self._application(tables).membrain_base_url
        clock = self._session.environment.clock
        return auth_flow.login_membrain(self._logins.anew, tables["account"], url, key, clock)

    def log_in(self, tables: Tables, way: str) -> str:
        """Log in as ``ccsync auth login constant-contact`` does."""
        application = self._application(tables)
        settings = application.config.constant_contact
        with application.call_budget() as budget:
            tokens = auth_flow.login_constant_contact(
                self._logins.anew,
                tables["account"],
                application.folder,
                auth_flow.Application(settings.client_id, settings.auth_url, settings.api_url, settings.redirect_port),
                self._session.environment.clock,
                budget=budget,
                say=self._session.output.insist,
                way=auth_flow.Way(way),
                bound_to=application.bound_account,
            )
        return tokens.account_name or tokens.account_id

    @contextmanager
    def looking(self, tables: Tables) -> Iterator[Survey]:
        """Look at both sides."""
        application = self._application(tables)
        if self._staged is not None:
            application = Draft(application, self._staged)
        with application.looking() as survey:
            yield survey

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep the logins and the key, if what is done meanwhile succeeds."""
        if self._staged is None:  # the sandbox logs in by itself
            yield
            return
        with self._staged.keeping():
            yield
        self._undo.pop_all()

    @property
    def _logins(self) -> Staged:
        if self._staged is None:
            raise RuntimeError("no place for logins has been prepared")
        return self._staged

    def _application(self, tables: Tables) -> Application:
        return application_of(tables, self._path, self._session.environment.variables, self._session.environment.clock)


def _remove_folder(path: Path) -> None:
    with suppress(OSError):  # somebody put something there meanwhile
        path.rmdir()
