"""One account with everything around it: the configuration, its folder, its credentials, its state and its runs."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import ConfigError, UsageError
from ccsync.state.folder import AccountLock, account_folder, state_root
from ccsync.wiring import places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.clock import Clock
    from ccsync.config.model import Config
    from ccsync.constant_contact.budget import Budget, BudgetState
    from ccsync.constant_contact.oauth_login import Account
    from ccsync.credentials.store import CredentialStore
    from ccsync.engine.forget import Forgetting
    from ccsync.engine.options import Progress, RunOptions, RunReport
    from ccsync.engine.survey import Survey
    from ccsync.state.sqlite import SqliteStore
    from ccsync.state.store import Store
    from ccsync.stopping import StopRequest
    from ccsync.wiring.places import Places

STATE = "state.sqlite"
SANDBOXES = ".sandbox"  # no account is called so: nothing is shared with the same account when it is real
SERVICES = "services"
KEY = "key"


def open_application(config: Path | None, environ: Mapping[str, str], clock: Clock) -> Application:
    """Read the configuration and prepare its account; ConfigError when it is wrong.

    Filters are compiled when somebody runs: the language takes long to load, and most commands do not need it.
    """
    from ccsync.config import find, read  # noqa: PLC0415 - pydantic is not needed to print a help text

    path = find(config, environ)
    try:
        loaded = read(path, compile_filter=None)
    except ConfigError:
        read(path)  # all mistakes at once, those in filters too
        raise
    root = state_root(environ)
    if loaded.config.sandbox.enabled:
        root = root / SANDBOXES
    folder = account_folder(root, loaded.config.account)
    warnings = tuple(f"{warning.path}: {warning.message}" for warning in loaded.warnings)
    return Application(path, loaded.config, warnings, root, folder, environ, clock)


@dataclass(frozen=True, slots=True)
class Application:
    """One account, wired. ``root`` holds what accounts share, ``folder`` what is this account's own."""

    path: Path
    config: Config
    warnings: tuple[str, ...]
    root: Path
    folder: Path
    environ: Mapping[str, str]
    clock: Clock
    checked: bool = False

    def check(self) -> Application:
        """Read the filters as well; ConfigError when one is wrong. What is returned runs without reading them again."""
        from ccsync.config import read  # noqa: PLC0415 - as in open_application

        read(self.path)
        return replace(self, checked=True)

    @property
    def state_path(self) -> Path:
        """The state's file; it may not exist yet."""
        return self.folder / STATE

    @property
    def sandbox_folder(self) -> Path:
        """Where the simulated services keep their state; UsageError when the configuration means the real ones."""
        if not self.config.sandbox.enabled:
            raise UsageError(
                f"{self.path} is for the real services",
                hint="set enabled = true under [sandbox], or name another file: ccsync --config FILE sandbox serve",
            )
        return self.folder / SERVICES

    @property
    def credentials(self) -> CredentialStore:
        """Where the logins are kept; in the sandbox always a file of its own."""
        if self.config.sandbox.enabled:
            return self._sandbox_credentials()
        return self._chosen_credentials()

    @property
    def membrain_base_url(self) -> str:
        """Where Membrain's API is."""
        return self._places().membrain_url

    @property
    def constant_contact_urls(self) -> Places:
        """Where Constant Contact's API and its authorization server are, and the application that logs in there."""
        return self._places()

    @property
    def bound_account(self) -> Account | None:
        """The Constant Contact account whose people are in the state; None before the first run."""
        from ccsync.constant_contact.oauth_login import Account  # noqa: PLC0415 - brings an HTTP library
        from ccsync.engine.run import ACCOUNT, ACCOUNT_NAME  # noqa: PLC0415 - brings the engine

        with self.reader() as store:
            known = store.progress.fact(ACCOUNT) if store else None
            return Account(known, store.progress.fact(ACCOUNT_NAME) or "") if store and known else None

    @contextmanager
    def reader(self) -> Iterator[Store | None]:
        """Open the state for reading only, also while a run is on; None before the first run."""
        path = self.state_path
        if not path.exists():
            yield None
            return
        store = _sqlite(path, read_only=True)
        try:
            yield store
        finally:
            store.close()

    def budget(self) -> BudgetState:
        """Return how many of today's calls are used."""
        with self.call_budget() as budget:
            return budget.snapshot()

    @contextmanager
    def call_budget(self) -> Iterator[Budget]:
        """Open the count of calls, for whoever makes one."""
        from ccsync.constant_contact.budget import Budget  # noqa: PLC0415 - not needed to print a help text
        from ccsync.state.calls import CallCounter  # noqa: PLC0415 - brings sqlite3

        limits = self.config.constant_contact
        counter = CallCounter(self.root, self._application)
        try:
            yield Budget(
                counter,
                self.clock,
                per_second=limits.requests_per_second,
                per_day=limits.requests_per_day,
                reserve=limits.opt_out_reserve,
            )
        finally:
            counter.close()

    def run(self, options: RunOptions, progress: Progress | None = None, stop: StopRequest | None = None) -> RunReport:
        """Run once; Locked when a run of this account is on, ConfigError when a filter is wrong.

        A run that ``stop`` asks to end finishes the record in hand, saves, and says what remains.
        """
        from ccsync.config import read  # noqa: PLC0415 - as in open_application
        from ccsync.wiring.once import run_once  # noqa: PLC0415 - brings the engine

        if not self.checked:
            read(self.path)
        with ExitStack() as stack:
            lock = AccountLock(self.folder, self.clock)
            lock.acquire()
            stack.callback(lock.release)
            budget = stack.enter_context(self.call_budget())
            where = self.within_reach(stack, budget)
            return run_once(stack, self, where, budget, options=options, progress=progress, stop=stop)

    @contextmanager
    def looking(self, progress: Progress | None = None) -> Iterator[Survey]:
        """Look at both sides without a run; the services are reached when they are needed."""
        from ccsync.wiring.looking import looking  # noqa: PLC0415 - brings the engine

        with looking(self, progress) as survey:
            yield survey

    def forget(self, address: str, progress: Progress | None = None) -> Forgetting:
        """Forget a person for good; Locked when a run or the service is on."""
        from ccsync.wiring.forgetting import forget_person  # noqa: PLC0415 - brings the engine

        return forget_person(self, address, progress)

    def reset_sandbox(self) -> None:
        """Forget the sandbox's services, and with them all that was learnt from them; Locked while either is in use."""
        from ccsync.credentials.encrypted_file import FILE_NAME  # noqa: PLC0415 - only when a key is needed
        from ccsync.sandbox.server import reset  # noqa: PLC0415 - the sandbox is an extra

        services = self.sandbox_folder
        with AccountLock(self.folder, self.clock):
            reset(services)
            for pattern in (f"{STATE}*", FILE_NAME):
                for path in self.folder.glob(pattern):
                    path.unlink()

    def start_afresh(self) -> Path | None:
        """Put the state aside, after a login to another account on purpose; return where it lies now."""
        from ccsync.state.sqlite.copying import set_aside  # noqa: PLC0415 - brings sqlite3

        path = self.state_path
        if not path.exists():
            return None
        with AccountLock(self.folder, self.clock):
            aside = path.with_name(f"state-until-{self.clock.now():%Y%m%dT%H%M%SZ}.sqlite")
            _sqlite(path, read_only=False).close()  # a damaged one, or a newer program's, is refused
            set_aside(path, aside)
            for suffix in ("-wal", "-shm", ""):
                path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
        return aside

    def within_reach(self, stack: ExitStack, budget: Budget) -> Places:
        """Return where the services are, having started the sandbox and logged in to it when it is meant."""
        if not self.config.sandbox.enabled:
            return places.real(self.config)
        from ccsync.wiring.sandbox_login import log_in  # noqa: PLC0415 - only the sandbox logs in by itself

        where, api_key = stack.enter_context(places.sandbox(self.sandbox_folder, self.clock))
        log_in(self.credentials, self.config.account, where, api_key, self.clock, budget=budget)
        return where

    @property
    def _application(self) -> str:
        """Whose calls are counted together; each sandbox simulates a service of its own, with a count of its own."""
        return self.config.account if self.config.sandbox.enabled else self.config.constant_contact.client_id

    def _places(self) -> Places:
        return places.served(self.sandbox_folder) if self.config.sandbox.enabled else places.real(self.config)

    def _sandbox_credentials(self) -> CredentialStore:
        from ccsync.credentials.encrypted_file import EncryptedFileStore  # noqa: PLC0415 - only when a key is needed
        from ccsync.credentials.key import KeySources, new_key  # noqa: PLC0415 - only when a key is needed

        key_file = self.folder / KEY
        if not key_file.exists():
            new_key(key_file)
        return EncryptedFileStore(self.folder, KeySources(key_file=key_file))

    def _chosen_credentials(self) -> CredentialStore:
        chosen = self.config.credentials
        if chosen.store == "keyring":
            from ccsync.credentials.system_keyring import KeyringStore  # noqa: PLC0415 - brings the keyring

            return KeyringStore()
        from ccsync.credentials.encrypted_file import EncryptedFileStore  # noqa: PLC0415 - only when a key is needed
        from ccsync.credentials.key import KeySources  # noqa: PLC0415 - only when a key is needed

        key_file = Path(chosen.key_file).expanduser() if chosen.key_file else None
        sources = KeySources.from_environment(self.environ, key_file=key_file, key_command=chosen.key_command or ())
        return EncryptedFileStore(self.folder, sources)


def _sqlite(path: Path, *, read_only: bool) -> SqliteStore:
    from ccsync.state.sqlite import SqliteStore  # noqa: PLC0415 - not needed to print a help text

    return SqliteStore.open(path, read_only=read_only)
