"""Countries: by which code a name goes, in the languages that these names are known in.

The names are the Java locale data that ``phonenumbers`` carries (``geodata/locale.py``, 250 ISO 3166-1 codes in some
twenty languages), so that there is no second table to keep.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ccsync.sync.canonical import choice_key

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALSO: Final = MappingProxyType(
    {"usa": "US", "u.s.a.": "US", "u.s.": "US", "uk": "GB", "u.k.": "GB", "czechia": "CZ", "türkiye": "TR"}
)
"""What people write beside the names and the codes: short forms, and names that are younger than the data."""
_SAME_AS = "*"
_ENGLISH = "en"


def country_code(text: str) -> str:
    """Return the ISO 3166-1 code of a country that is given by code or by name; empty for any other text."""
    return _codes().get(choice_key(text), "")


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, str]:
    """Return codes by name; a name that two countries have in different languages belongs to the English one."""
    codes: dict[str, str] = dict(_ALSO)
    names = _names()
    codes |= {code.casefold(): code for code in names}
    for code, by_language in names.items():
        codes.setdefault(choice_key(_resolved(by_language, _ENGLISH)), code)
    shared: dict[str, set[str]] = {}
    for code, by_language in names.items():
        for name in by_language.values():
            if not name.startswith(_SAME_AS):
                shared.setdefault(choice_key(name), set()).add(code)
    for name, owners in shared.items():
        if len(owners) == 1:
            codes.setdefault(name, next(iter(owners)))
    return codes


def _resolved(by_language: Mapping[str, str], language: str) -> str:
    name = by_language.get(language, "")
    return by_language.get(name.removeprefix(_SAME_AS), "") if name.startswith(_SAME_AS) else name


def _names() -> Mapping[str, Mapping[str, str]]:
    """Import the one module: its package would bring some 20 MB of other data along."""
    package = importlib.util.find_spec("phonenumbers")
    folder = next(iter(package.submodule_search_locations or ()), "") if package else ""
    spec = importlib.util.spec_from_file_location("phonenumbers.geodata.locale", f"{folder}/geodata/locale.py")
    if spec is None or spec.loader is None:
        return {}
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError:  # its small edition has no names
        return {}
    names: Mapping[str, Mapping[str, str]] = module.LOCALE_DATA
    return names
