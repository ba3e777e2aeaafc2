"""The simulated Membrain: a WSGI application, and the hands of the people who use the product."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from ccsync.sandbox.membrain import assumed
from ccsync.sandbox.membrain.api import Api
from ccsync.sandbox.membrain.kinds import Kind
from ccsync.sandbox.membrain.limits import MinuteLimit
from ccsync.sandbox.membrain.loading import load
from ccsync.sandbox.membrain.render import Renderer
from ccsync.sandbox.membrain.shape import CUSTOM_FIELD_PREFIX, PROPERTIES
from ccsync.sandbox.membrain.store import CustomField, Row, Selection, Store
from ccsync.sandbox.membrain.switches import MembrainSwitches
from ccsync.sandbox.membrain.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from ccsync.clock import Clock
    from ccsync.sandbox.people import Population

DATABASE: Final = "membrain.sqlite"
DEFAULT_API_KEY: Final = "made-up-membrain-key"
API_USER: Final = "00000000-0000-4000-8000-00000000a000"
_LOG_LENGTH: Final = 10_000


class MembrainService:
    """Membrain's API v2 at `/API/v2/`, kept in `membrain.sqlite`. Safe to use from several threads.

    Methods that act on records do what a person does on Membrain's screens: the switches about the API do not
    apply, those about what moves ChangedDate do. Values may name custom fields by their display names and
    options by theirs. ``api_key`` is the one valid key.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._store = Store(folder / DATABASE)
        self._limit = MinuteLimit(clock)
        self._log: deque[dict[str, Any]] = deque(maxlen=_LOG_LENGTH)
        self._switches = MembrainSwitches().with_changes(self._store.setting("switches", {}))
        self._users = self._named_users()
        self.api_key: str = self._store.setting("api key", DEFAULT_API_KEY)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        size = len(request.get_data())
        with self._lock:
            wait = self._limit.seconds_to_wait(self._switches.requests_per_minute)
            by_key_owner = self._switches.writes_stamped_as == "key-owner"
            author = next(iter(self._users), API_USER) if by_key_owner else API_USER
            writer = Writer(self._store, self._clock, self._switches, author)
            api = Api(self._store, self._switches, writer, self._people())
            response = api.answer(request, self.api_key, wait)
            self._note(request, response.status_code, size)
        return response(environ, start_response)

    @property
    def switches(self) -> MembrainSwitches:
        """How the service behaves now."""
        return self._switches

    def set_switches(self, **changes: Any) -> None:
        """Change how the service behaves, lastingly. Raises ValueError for an unknown switch or value."""
        with self._lock:
            self._switches = self._switches.with_changes(changes)
            self._store.save_setting("switches", self._switches.as_dict())

    def log(self) -> list[dict[str, Any]]:
        """Return the last 10,000 requests since the start: time, method, path, query, status, size of the body sent."""
        with self._lock:
            return list(self._log)

    def writes(self) -> int:
        """Return how many POST, PUT and DELETE requests were carried out, ever."""
        with self._lock:
            return int(self._store.setting("writes", 0))

    def count(self, kind: Kind | str) -> int:
        """Return how many records of a kind live, retired ones not counted."""
        with self._lock:
            selection = Selection(Kind(kind), with_deleted=False, with_retired=False)
            return self._store.count(selection)

    def load(self, population: Population) -> None:
        """Add a whole made-up population at once, with its custom fields, companies, projects and users."""
        with self._lock:
            load(self._store, population, self._clock.now())
            self._users = self._named_users()

    def all(self, kind: Kind | str, *, limit: int = -1) -> list[dict[str, Any]]:
        """Return records of a kind, deleted and retired ones too, oldest first, in native types.

        Beside the API's properties each has ``custom``: its custom values by display name.
        """
        with self._lock:
            fields = [custom for custom in self._store.custom_fields() if custom.kind == kind]
            renderer = Renderer(MembrainSwitches(native_types=True), fields, self._people())
            rows = self._store.select(Selection(Kind(kind), size=limit))
            return [_with_names(renderer.record(row), fields) for row in rows]

    def create(self, kind: Kind | str, values: Mapping[str, Any]) -> str:
        """Add a record and return its id."""
        with self._by_hand() as writer:
            return writer.create(Kind(kind), self._by_property(Kind(kind), values)).id

    def edit(self, kind: Kind | str, record_id: str, **values: Any) -> None:
        """Change a record; an empty value clears."""
        with self._by_hand() as writer:
            row = self._row(Kind(kind), record_id)
            writer.change(row, self._by_property(row.kind, values))

    def delete(self, kind: Kind | str, record_id: str) -> None:
        """Delete a record; it is still listed with IncludeDeleted."""
        with self._by_hand() as writer:
            writer.delete(self._row(Kind(kind), record_id))

    def restore(self, kind: Kind | str, record_id: str) -> None:
        """Bring a deleted or retired record back."""
        with self._by_hand() as writer:
            writer.restore(self._row(Kind(kind), record_id))

    def retire(self, contact_id: str) -> None:
        """Retire a contact; it is still listed with IncludeRetired."""
        with self._by_hand() as writer:
            writer.retire(self._row(Kind.CONTACTS, contact_id))

    def erase(self, kind: Kind | str, record_id: str) -> None:
        """Delete for ever (GDPR): the record is in no list any more."""
        with self._lock:
            self._store.erase(Kind(kind), record_id)

    def custom_fields(self) -> list[CustomField]:
        """Return all custom fields."""
        with self._lock:
            return self._store.custom_fields()

    def put_custom_field(self, custom: CustomField) -> None:
        """Add a custom field, or rename it or change its options by its id."""
        with self._lock:
            self._store.put_custom_field(custom)

    def remove_custom_field(self, custom: CustomField) -> None:
        """Remove a custom field and its values."""
        with self._lock:
            self._store.remove_custom_field(custom)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._store.close()

    @contextmanager
    def _by_hand(self) -> Iterator[Writer]:
        switches = replace(
            self._switches,
            clearing="clears",
            body_format="json",
            company_link="either",
            company_name_creates=True,
            extra_mandatory=(),
            multi_select="list",
            option_encoding="name",
            put_replaces=False,
            renamed_properties=(),
            restricted_write="accepted",
            split_names=False,
            undelete=False,
        )
        with self._lock, self._store.transaction():
            yield Writer(self._store, self._clock, switches, next(iter(self._users), API_USER))

    def _row(self, kind: Kind, record_id: str) -> Row:
        row = self._store.get(kind, record_id)
        if row is None:
            raise LookupError(f"no record of {kind} has the id {record_id}")
        return row

    def _by_property(self, kind: Kind, values: Mapping[str, Any]) -> dict[str, Any]:
        """Put property names for display names. Raises LookupError for a name that is neither."""
        names = {custom.name: _property(custom) for custom in self._store.custom_fields() if custom.kind is kind}
        known = {*PROPERTIES[kind], *names.values()}
        found = {names.get(name, name): value for name, value in values.items()}
        if unknown := found.keys() - known:
            raise LookupError(f"{kind} have no property called {', '.join(sorted(unknown))}")
        return found

    def _named_users(self) -> dict[str, str]:
        users = self._store.select(Selection(Kind.USERS))
        return {row.id: row.values["Name"] for row in users}

    def _people(self) -> dict[str, str]:
        return {API_USER: assumed.API_USER_NAME, **self._users}

    def _note(self, request: Request, status: int, size: int) -> None:
        """Log a request, without its key."""
        query = [pair for pair in request.args.items(multi=True) if pair[0].casefold() != "apikey"]
        self._log.append(
            {
                "time": self._clock.now().isoformat(),
                "method": request.method,
                "path": request.path,
                "query": urlencode(query),
                "status": status,
                "size": size,
            }
        )


def _property(custom: CustomField) -> str:
    return CUSTOM_FIELD_PREFIX + custom.id


def _with_names(shown: dict[str, Any], fields: Iterable[CustomField]) -> dict[str, Any]:
    return {**shown, "custom": {custom.name: shown[_property(custom)] for custom in fields}}
