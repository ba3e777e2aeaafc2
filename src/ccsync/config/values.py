"""The kinds of value a configuration holds beyond TOML's own: durations, sizes, addresses, zones, paths.

Each is a pydantic type that turns the text of the file into what the program works with, or says what is wrong.
"""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

Anything = TypeVar("Anything")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = timedelta(days=3650)
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_DURATION = re.compile(r"(?P<number>[0-9]{1,9})(?P<unit>[smhd])")
_SIZE = re.compile(r"(?P<number>[0-9]{1,9})(?P<unit>[KMGT]?i?B)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_NOT_IN_AN_ADDRESS = re.compile(r"[\s\\\x00-\x1f\x7f]")
_MEMBRAIN_HOST = ".membrain.com"


def wrong(message: str, hint: str = "") -> PydanticCustomError:
    """Make the error of a validator: what is wrong, and what to write instead."""
    return PydanticCustomError("ccsync", "{message}", {"message": message, "hint": hint})


def parse_duration(value: object) -> timedelta:
    """Turn ``"90s"``, ``"3m"``, ``"24h"`` or ``"90d"`` into a timedelta."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("is not a duration", 'a whole number and s, m, h or d, in quotes: "90s", "3m", "24h", "90d"')
    duration = timedelta(seconds=int(found["number"]) * _SECONDS[found["unit"]])
    if duration > _LONGEST:
        raise wrong("is longer than ten years", 'for example "90d"')
    return duration


def format_duration(value: timedelta) -> str:
    """Write a duration as people do: in the largest unit that needs no fraction, and one day as 24 hours."""
    seconds = int(value.total_seconds())
    units = "dhm" if seconds > _SECONDS["d"] else "hm"
    unit = next((unit for unit in units if seconds and seconds % _SECONDS[unit] == 0), "s")
    return f"{seconds // _SECONDS[unit]}{unit}"


def parse_size(value: object) -> int:
    """Turn ``"500MB"`` or ``"1GB"`` into bytes; KB, MB, GB count in thousands, KiB, MiB, GiB in 1024."""
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("is not a size", 'a whole number and its unit, in quotes: "500MB", "1GB"')
    return int(found["number"]) * _BYTES[found["unit"].upper()]


def format_size(value: int) -> str:
    """Write a size as the configuration does, in the largest decimal unit that needs no fraction."""
    unit = next((unit for unit in ("TB", "GB", "MB", "KB") if value and value % _BYTES[unit] == 0), "B")
    return f"{value // _BYTES[unit]}{unit}"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address cannot leave this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(value: str) -> SplitResult | None:
    """Take an address apart; ``None`` when it is none."""
    if _NOT_IN_AN_ADDRESS.search(value):
        return None
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts if parts.hostname else None


def check_url(value: str) -> str:
    """Accept an https address, or plain http to this machine, without a login, a query or a fragment."""
    example = "for example https://api.example.com/v3"
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"}:
        raise wrong("is not a web address", example)
    if "@" in parts.netloc:
        raise wrong("has a login in it; secrets do not belong in the configuration", "log in with `ccsync auth login`")
    if parts.query or parts.fragment:
        raise wrong("has a query or a fragment in it", f"only the address itself, {example}")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise wrong("is plain http, which anybody on the way can read", "write https://")
    return value.rstrip("/")


def check_folder_url(value: str) -> str:
    """As ``check_url``, ending in exactly one slash."""
    return check_url(value) + "/"


def check_instance(value: str) -> str:
    """Accept the one word before ``.membrain.com``, so that no other host can slip in."""
    if _LABEL.fullmatch(value):
        return value.lower()
    parts = _split(value if "://" in value else f"https://{value}")
    host = (parts.hostname or "") if parts else ""
    name = host.removesuffix(_MEMBRAIN_HOST)
    hint = f'did you mean "{name}"?' if name != host and _LABEL.fullmatch(name) else 'for example "acme"'
    raise wrong("is not the name of a Membrain instance: one word, the part before .membrain.com", hint)


def check_zone(value: str) -> str:
    """Accept a name of the time zone database; ``UTC`` also where no database is installed."""
    from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415 - rarely another than UTC

    if value == "UTC":
        return value
    try:
        return ZoneInfo(value).key
    except (ValueError, OSError, LookupError):
        from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

        near = get_close_matches(value, sorted(available_timezones()), n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'for example "UTC" or "Europe/Stockholm"'
        raise wrong("is not a time zone", hint) from None


def check_path(value: object) -> Path:
    """Accept an absolute path, or one below ``~``: a timer starts in another folder than a person."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\x00" in value:
        raise wrong("is not a path", 'for example "/etc/ccsync/key"')
    try:
        path = Path(value).expanduser()
    except RuntimeError:
        raise wrong("has no home folder to begin with", "write the whole path") from None
    if not path.is_absolute():
        raise wrong("is a relative path, and a timer starts in another folder", "write the whole path")
    return path


def check_not_empty(value: tuple[Anything, ...]) -> tuple[Anything, ...]:
    """Accept a list with something in it; looks after the elements, whose own mistakes come first."""
    if not value:
        raise wrong("is an empty list", "fill it in, or take it out")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}[smhd]$"}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,9}([KMGT]i?)?B$"}),
]
Url = Annotated[str, AfterValidator(check_url)]
FolderUrl = Annotated[str, AfterValidator(check_folder_url)]
Instance = Annotated[str, AfterValidator(check_instance)]
Zone = Annotated[str, AfterValidator(check_zone)]
FilePath = Annotated[Path, BeforeValidator(check_path), WithJsonSchema({"type": "string", "pattern": "^(/|~)"})]
