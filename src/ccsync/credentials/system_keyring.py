"""Secrets in the keyring of the desktop, through the ``keyring`` package, vetted and with a time limit.

``keyring`` picks a backend by itself, and what it picks on a machine without a desktop can be a plain file, nothing at
all, or a question on a terminal that nobody watches. So the backend is looked at by name first, and every call runs in
a thread of its own that is given up after some seconds. ccsync never goes on to another store by itself.
"""

from __future__ import annotations

import queue
import secrets
import threading
from typing import TYPE_CHECKING, Protocol, TypeVar

from ccsync.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE = "ccsync"
SECONDS = 5.0
HINT = 'set `[credentials] store = "encrypted-file"` and make a key for it: ccsync auth new-key FILE'

# Packages whose backends keep secrets readable, keep nothing, or ask for a password on the terminal.
_REFUSED_MODULES = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt", "keyrings.cryptfile")
_REFUSED_WORDS = ("plaintext", "uncrypted", "unencrypted", "null")

_T = TypeVar("_T")


class Backend(Protocol):
    """What ccsync uses of a backend of the ``keyring`` package."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store the secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget the secret; raises when there is none."""
        ...


class KeyringStore:
    """The CredentialStore over the system's keyring; entries are called ``ccsync`` / ``<account>/<service>``."""

    def __init__(self, find: Callable[[], Backend] | None = None, *, seconds: float = SECONDS) -> None:
        self._find = find or _backend_of_the_system
        self._seconds = seconds

    def read(self, account: str, service: str) -> str | None:
        """Return the stored text, or None."""
        return self._call("read", lambda backend: backend.get_password(SERVICE, f"{account}/{service}"))

    def write(self, account: str, service: str, text: str) -> None:
        """Store text."""
        self._call("written", lambda backend: backend.set_password(SERVICE, f"{account}/{service}", text))

    def delete(self, account: str, service: str) -> None:
        """Forget."""
        self._call("changed", lambda backend: _delete(backend, f"{account}/{service}"))

    def probe(self) -> None:
        """Write, read and delete an entry of its own name."""
        name, text = f"probe-{secrets.token_hex(4)}", secrets.token_hex(8)

        def there_and_back(backend: Backend) -> str | None:
            backend.set_password(SERVICE, name, text)
            found = backend.get_password(SERVICE, name)
            _delete(backend, name)
            return found

        if self._call("tried", there_and_back) != text:
            raise LocalError("The keyring took a value and did not give it back", hint=HINT, code="keyring")

    def describe(self) -> str:
        """Name the backend."""
        backend = self._within_limit("found", lambda: vetted(self._find()))
        return f"system keyring ({_name(backend)})"

    def _call(self, deed: str, act: Callable[[Backend], _T]) -> _T:
        return self._within_limit(deed, lambda: act(vetted(self._find())))

    def _within_limit(self, deed: str, act: Callable[[], _T]) -> _T:
        """Run in a daemon thread: a backend that waits for a window nobody sees never comes back."""
        answers: queue.SimpleQueue[tuple[_T | None, Exception | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put((act(), None))
            except Exception as error:  # noqa: BLE001 - backends raise whatever their desktop raises
                answers.put((None, error))

        threading.Thread(target=work, name="ccsync-keyring", daemon=True).start()
        try:
            found, error = answers.get(timeout=self._seconds)
        except queue.Empty:
            raise LocalError(
                f"The keyring did not answer within {self._seconds:g} seconds; it may be waiting for a password",
                hint=f"unlock it, or {HINT}",
                code="keyring_timeout",
            ) from None
        if error is not None:
            raise _told(deed, error) from None
        return found  # type: ignore[return-value]  # without an error, found is what act returned


def vetted(backend: Backend) -> Backend:
    """Return the backend that secrets may go to, or raise LocalError.

    Of a chain it is the first member, the one that the chain writes to; the others are never asked.
    """
    members = getattr(backend, "backends", None)
    if type(backend).__module__.startswith("keyring.backends.chainer"):
        if not members:
            raise _refused(backend, "there is none on this machine")
        return vetted(members[0])
    name = _name(backend)
    if name.startswith("keyring.backends.fail"):
        raise _refused(backend, "there is none on this machine")
    if name.startswith(_REFUSED_MODULES) or any(word in name.lower() for word in _REFUSED_WORDS):
        raise _refused(backend, "it does not keep secrets safely, or asks for a password")
    return backend


def _refused(backend: Backend, why: str) -> LocalError:
    return LocalError(f"No keyring to use: {why} ({_name(backend)})", hint=HINT, code="keyring")


def _told(deed: str, error: Exception) -> LocalError:
    if isinstance(error, LocalError):
        return error
    first_line = (str(error).splitlines() or [""])[0][:200]
    return LocalError(
        f"The keyring could not be {deed}: {type(error).__name__}: {first_line}",
        hint=f"unlock it, or {HINT}",
        code="keyring",
    )


def _name(backend: Backend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _delete(backend: Backend, name: str) -> None:
    if backend.get_password(SERVICE, name) is not None:
        backend.delete_password(SERVICE, name)


def _backend_of_the_system() -> Backend:
    import keyring  # noqa: PLC0415 - slow to import, and only some users have one

    backend: Backend = keyring.get_keyring()
    return backend
