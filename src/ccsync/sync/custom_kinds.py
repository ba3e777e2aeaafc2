"""Custom fields of Constant Contact that are no plain text: what each of its types takes."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ccsync.sync.canonical import choice_keys
from ccsync.sync.fields import MOST_DECIMALS, FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccsync.sync.fields import TargetField

KINDS: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        "date": FieldKind.DATE,
        "datetime": FieldKind.MOMENT,
        "number": FieldKind.NUMBER,
        "currency": FieldKind.NUMBER,
        "boolean": FieldKind.YES_NO,
        "single_select": FieldKind.SELECT,
        "multi_select": FieldKind.MULTI_SELECT,
    }
)
"""By the service's word for the type (its guide to custom fields); ``string`` and ``text_area`` are text."""


def typed(
    target: TargetField,
    type_: str,
    choices: Iterable[str] = (),
    *,
    decimals: int = MOST_DECIMALS,
    negative: bool = True,
) -> TargetField:
    """Return a custom field as one of this type; any type that nobody has heard of is text."""
    return dataclasses.replace(
        target,
        kind=KINDS.get(type_, FieldKind.TEXT),
        choices=choice_keys(choices),
        decimals=decimals,
        negative=negative,
    )
