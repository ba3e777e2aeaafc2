"""Masking the configuration, as ``config show`` has it: what is compared and what is written may name people.

Names of syncs, lists and fields stay, and so does ``client_id``, which is no secret and tells which application makes
the calls. Comments of the file are no settings, so they are not there at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.logs.mask import Masker

HIDDEN = "[hidden]"
_LITERAL = re.compile(  # or a remark; a raw text has no escapes
    r"(?P<remark>//.*)|(?P<name>\[\s*)?(?P<raw>\b[bB]?[rR])?(?P<quote>\"{3}|'{3}|\"|')"
    r"(?P<text>(?(raw)[\s\S]*?|(?:\\[\s\S]|(?!(?P=quote))[\s\S])*))(?P=quote)"
)
_INDEXED = re.compile(r"\.custom\s*$")
_SHORT = re.compile(r"[A-Z]{2,3}|\d{1,4}|[Yy]es|[Nn]o|[Tt]rue|[Ff]alse|")
_COMPARED = ("values", "default")
_PLACES = ("key_file", "textfile")
_COMMANDS = ("key_command", "on_failure")


def shown(setting: Mapping[str, Any]) -> dict[str, Any]:
    """Return a setting as anybody may see it, masked or not: an address that lets in whoever knows it is cut short."""
    key = _last(setting["key"])
    value = setting["value"]
    if key == "healthchecks_url" and value:
        parts = urlsplit(str(value))
        return {**setting, "value": f"{parts.scheme}://{parts.netloc}/{HIDDEN}"}
    if key == "key_command" and value:
        return {**setting, "value": [value[0], HIDDEN]}
    return dict(setting)


def masked(setting: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Return a setting in which nobody can be recognised."""
    setting = shown(setting)
    key, value = _last(setting["key"]), setting["value"]
    if key == "filter" and value:
        value = _filter(str(value), masker)
    elif key in _COMPARED and value:
        value = (
            {_word(one, masker): _word(two, masker) for one, two in value.items()}
            if isinstance(value, dict)
            else _word(value, masker)
        )
    elif key in _COMMANDS and value:
        value = [masker.text(word) for word in value]
    elif value and (key in _PLACES or setting.get("origin") == "environment"):
        value = masker.text(str(value))
    return {**setting, "value": value}


def _last(key: str) -> str:
    return key.rpartition(".")[2]


def _word(text: str, masker: Masker) -> str:
    return text if _SHORT.fullmatch(text) else masker.value(text)


def _filter(text: str, masker: Masker) -> str:
    """Mask the texts of a filter and the remarks in it; names of fields, in brackets, and codes such as SE stay."""

    def replaced(found: re.Match[str]) -> str:
        if found["remark"]:
            return f"// {masker.value(found['remark'])}"
        field = found["name"] and _INDEXED.search(text[: found.start()])
        inside = found["text"] if field else _word(found["text"], masker)
        return f"{found['name'] or ''}{found['raw'] or ''}{found['quote']}{inside}{found['quote']}"

    return _LITERAL.sub(replaced, text)
