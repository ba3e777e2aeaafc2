"""``ccsync map``: the words of the commands about the field map, whose work ``map_tasks`` does."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli import completing
from ccsync.cli.command import Command, examples, group
from ccsync.cli.output import Result  # noqa: TC001 - Task speaks of it, as below
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs

if TYPE_CHECKING:
    from ccsync.cli.session import Session

_Sync = Annotated[
    str | None,
    typer.Option(
        help="The sync that is meant, when there are several.", metavar="NAME", autocompletion=completing.syncs
    ),
]


class Arrow(StrEnum):
    """The directions of a field."""

    TO_CONSTANT_CONTACT = "membrain-to-constant-contact"
    TO_MEMBRAIN = "constant-contact-to-membrain"
    BOTH = "both"


class TooLong(StrEnum):
    """What to do with a value that does not fit."""

    REJECT = "reject"
    TRUNCATE = "truncate"


def declare(tree: typer.Typer) -> None:
    """Add the commands to the tree."""
    commands = group("Show, fill and check the field map, and try filters.")
    commands.command("list", cls=Command, epilog=examples("ccsync map list", "ccsync map list --sync customers"))(_list)
    commands.command(
        "fields",
        cls=Command,
        epilog=examples("ccsync map fields", "ccsync map fields phone    only those with phone in their name"),
    )(_fields)
    commands.command(
        "suggest",
        cls=Command,
        epilog=examples(
            "ccsync map suggest            propose pairs",
            "ccsync map suggest --apply    and write them into the configuration",
        ),
    )(_suggest)
    commands.command(
        "add",
        cls=Command,
        epilog=examples(
            "ccsync map add contact.JobTitle job_title --when-too-long truncate",
            'ccsync map add "contact.custom.VIP" custom.VIP --value Ja=Yes --value Nej=No',
        ),
    )(_add)
    commands.command(
        "remove", cls=Command, epilog=examples("ccsync map remove job_title", "ccsync map remove custom.VIP")
    )(_remove)
    commands.command("check", cls=Command, epilog=examples("ccsync map check", "ccsync map check --sync customers"))(
        _check
    )
    commands.command(
        "filter",
        cls=Command,
        epilog=examples(
            "ccsync map filter                                        the filter in use",
            """ccsync map filter --try 'company.CountryCode == "SE"'    another one""",
        ),
    )(_filter)
    tree.add_typer(commands, name="map")


def _list(*, sync: _Sync = None) -> Task:
    """Show the field map as the configuration has it."""
    return _task("list_map", sync=sync)


def _fields(
    *,
    word: Annotated[str, typer.Argument(help="Only fields with this in their name.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also ids, and who changed a row and when.")] = False,
) -> Task:
    """List the fields of both sides, custom fields included.

    With the type, the most characters, how many people have it filled, and a masked example.
    """
    return _task("fields", word=word, everything=everything)


def _suggest(
    *,
    sync: _Sync = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the pairs into the configuration.")] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Propose new custom fields at Constant Contact, too, which a run would make.")
    ] = False,
) -> Task:
    """Propose pairs that are not in the map yet, each with its reason."""
    return _task("suggest", sync=sync, apply=apply, new=new)


def _add(
    *,
    membrain: Annotated[str, typer.Argument(help="For example contact.JobTitle, or contact.custom.Language.")],
    constant_contact: Annotated[str, typer.Argument(help="For example job_title, or custom.Language.")],
    sync: _Sync = None,
    direction: Annotated[Arrow | None, typer.Option(help="Of this field, within the sync's.", metavar="WORD")] = None,
    value: Annotated[
        list[str] | None, typer.Option(help="Membrain's word = Constant Contact's; repeatable.", metavar="WORD=WORD")
    ] = None,
    default: Annotated[str | None, typer.Option(help="Written when Membrain has nothing.", metavar="TEXT")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Emptied in Membrain empties the other side.")] = False,
    when_too_long: Annotated[TooLong | None, typer.Option(help="reject or truncate.", metavar="WORD")] = None,
) -> Task:
    """Add a pair of fields to the configuration, whose comments and order stay.

    What config check would refuse is refused, and the file of before is kept beside it.
    """
    return _task(
        "add",
        membrain=membrain,
        constant_contact=constant_contact,
        sync=sync,
        direction=direction,
        value=value or [],
        default=default,
        clear=clear,
        when_too_long=when_too_long,
    )


def _remove(
    *,
    constant_contact: Annotated[str, typer.Argument(help="The field of Constant Contact, as map list shows it.")],
    sync: _Sync = None,
) -> Task:
    """Take a pair of fields out of the configuration.

    What stands in Constant Contact already is left there. The file of before is kept beside the new one.
    """
    return _task("remove", constant_contact=constant_contact, sync=sync)


def _check(*, sync: _Sync = None) -> Task:
    """Check the field map against both services: names, types, and the values of today.

    Exit code 78 when something has to be mended.
    """
    return _task("check", sync=sync)


def _filter(
    *,
    expression: Annotated[
        str | None, typer.Option("--try", help="The filter to try instead of the one in use.", metavar="EXPR")
    ] = None,
    sync: _Sync = None,
) -> Task:
    """Count who matches a filter, in all and clause by clause, and show ten of them."""
    return _task("filter_people", expression=expression, sync=sync)


def _task(name: str, **said: Any) -> Task:
    return partial(_carry_out, name, said)


def _carry_out(name: str, said: dict[str, Any], session: Session) -> Result:
    from ccsync.cli import map_tasks

    task: Any = getattr(map_tasks, name)
    result: Result = task(session, **said)
    return result
