"""Refusals: the error shapes of the service.

The API answers an array of objects, its gateway and its authorization a single object, the token endpoint the OAuth
shape.
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer of the service, not a fault of ours
    """A request that is answered with an error."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def _listed(status: int, key: str, message: str) -> Refusal:
    return Refusal(status, [{"error_key": key, "error_message": message}])


def _single(status: int, key: str, message: str) -> Refusal:
    return Refusal(status, {"error_key": key, "error_message": message})


def invalid(*complaints: str) -> Refusal:
    """400: what is wrong, all complaints in one message."""
    return _listed(400, "contacts.api.validation.error", ", ".join(complaints))


def bad_request(message: str = "Bad request.") -> Refusal:
    """400: the request cannot be read at all."""
    return _listed(400, "http.status.bad_request", message)


def not_found(message: str) -> Refusal:
    """404: no such thing, or its id has a wrong form."""
    return _listed(404, "contacts.api.not_found", message)


def conflict(message: str) -> Refusal:
    """409: something else already holds what must be unique."""
    return _listed(409, "contacts.api.conflict", message)


def unsupported_media() -> Refusal:
    """415: the body is not JSON."""
    return _listed(415, "http.status.unsupported_media_type", "Unsupported Media Type")


def unauthorized() -> Refusal:
    """401: no access token, or one that is unknown, expired or revoked."""
    return _single(401, "unauthorized", "Unauthorized")


def access_denied(message: str) -> Refusal:
    """403: the token lacks the scope or the person lacks the privilege."""
    return _single(403, "access_denied", message)


def throttled() -> Refusal:
    """429: too many in this second."""
    return _single(429, "throttled", "Too Many Requests")


def quota_exceeded() -> Refusal:
    """429: the day's requests are used up."""
    return _single(429, "quota_exceeded", "Limit Exceeded")


def queue_full(key: str) -> Refusal:
    """429: too many activities wait."""
    return _listed(429, key, "Too many activities are queued")


def oauth_error(error: str, description: str, status: int = 400) -> Refusal:
    """Refuse at the token endpoint, in OAuth's shape."""
    return Refusal(status, {"error": error, "error_description": description})
