"""One call to Constant Contact: within the budget, with a good token; and a walk over all pages of a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from ccsync.constant_contact.answers import TITLE, TokenRefusedError, classifier
from ccsync.constant_contact.shapes import Page, Resource, next_request
from ccsync.errors import RecordRefused, Unreachable
from ccsync.http.answers import Nonsense, nonsense

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ccsync.constant_contact.budget import Budget, Purpose
    from ccsync.http.session import HttpClient

T = TypeVar("T")

#: A collection that lost rows between its pages is read so often before it is given up.
READINGS = 2


class AccessTokens(Protocol):
    """Where access tokens come from; both methods raise LoginNeeded when a person has to log in."""

    def access_token(self) -> str:
        """Return a token that should be good."""
        ...

    def refreshed_after_401(self, old: str) -> str:
        """Return another token than ``old``, which the service refused."""
        ...


class Calls:
    """Sends requests for the client; ``privilege`` is what an operation needs, for the error when it is missing."""

    def __init__(self, http: HttpClient, tokens: AccessTokens, budget: Budget) -> None:
        self._http = http
        self._tokens = tokens
        self._budget = budget
        self._base_path = urlsplit(http.base_url).path

    def get(
        self,
        path: str,
        read: Callable[[Any], T],
        privilege: str,
        query: Mapping[str, str] | str = "",
        purpose: Purpose = "normal",
    ) -> T:
        """Read one resource."""
        return self.send("GET", path, read, privilege, query=query, purpose=purpose)

    def send(
        self,
        method: str,
        path: str,
        read: Callable[[Any], T],
        privilege: str,
        *,
        query: Mapping[str, str] | str = "",
        body: bytes | None = None,
        purpose: Purpose = "normal",
    ) -> T:
        """Send one request, each try booked in the budget; a refused token is replaced once."""
        classify = classifier(read, privilege=privilege, quota_spent=self._budget.service_says_spent)
        content = {"Content-Type": "application/json"} if body is not None else {}

        def once(token: str) -> T:
            def before_try() -> dict[str, str]:
                self._budget.spend(purpose)
                return {"Authorization": f"Bearer {token}"} | content

            value: T = self._http.send(method, path, classify, query=query, body=body, before_try=before_try)
            return value

        token = self._tokens.access_token()
        try:
            return once(token)
        except TokenRefusedError:
            return once(self._tokens.refreshed_after_401(token))

    def whole(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Any], Page],
        privilege: str,
        purpose: Purpose = "normal",
        *,
        identifier: str,
    ) -> Iterator[list[Resource]]:
        """Yield the rows of all pages; when fewer came than the service says there are, all once more.

        Unreachable when rows are missing again. ``query`` asks for the count.
        """
        for _ in range(READINGS):
            told: list[int] = []
            seen: set[int] = set()
            for page in self.pages(path, query, read, privilege, purpose):
                told += [] if page.count is None else [page.count]
                seen.update(hash(row[identifier]) for row in page.rows)
                yield page.rows
            if not told or len(seen) >= min(told):
                return
        raise nonsense(f"{TITLE} says that {path} has {min(told)} rows and sends {len(seen)}")

    def pages(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[Any], Page],
        privilege: str,
        purpose: Purpose = "normal",
    ) -> Iterator[Page]:
        """Yield all pages of a collection, following the links as they are; a walk in a circle is an error."""
        page = self.get(path, read, privilege, query, purpose)
        seen: set[str] = set()
        before: list[Resource] = []
        while True:
            if page.rows and page.rows == before:
                raise nonsense(f"{TITLE} sends the same page of {path} twice")
            yield page
            if page.following is None:
                return
            if page.following in seen:
                raise nonsense(f"{TITLE} sends the pages of {path} in a circle")
            seen.add(page.following)
            before = page.rows
            page = self._next(page.following, path, read, privilege, purpose)

    def _next(self, href: str, path: str, read: Callable[[Any], Page], privilege: str, purpose: Purpose) -> Page:
        try:
            next_path, query = next_request(href, self._base_path)
        except Nonsense as error:
            raise nonsense(f"{TITLE} answers nonsense to GET {path}: {error}") from error
        try:
            return self.get(next_path, read, privilege, query, purpose)
        except RecordRefused as error:
            raise Unreachable(
                f"{TITLE} broke off the pages of {path}: {error.message}",
                hint="ccsync run --once",
                code="cursor_refused",
            ) from error
