"""``ccsync forget EMAIL``: a person's erasure from what ccsync keeps, with the proof."""

from __future__ import annotations

import shlex
import textwrap
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccsync.cli.command import Command, examples
from ccsync.cli.output import Failure, Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ccsync.cli.output import Output
    from ccsync.cli.session import Application, Session
    from ccsync.engine.forget import Forgetting

_BEFORE = """\
This forgets {email} for good:
  - every row about the person is removed from ccsync's state, and their address, names and values from its logs;
  - a keyed mark stays, by which nobody can be read, so that they are never created or put on a list again;
  - nothing changes in Membrain and Constant Contact: whoever is on a list there stays on it.
It cannot be taken back."""


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "forget",
        cls=Command,
        epilog=examples(
            "ccsync forget ann@example.com          asks first",
            "ccsync forget ann@example.com --yes    in a script",
        ),
    )(_forget)


def _forget(
    *,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed off a terminal.")] = False,
) -> Task:
    """Erase a person (GDPR) from ccsync's state and logs, and prove it.

    A keyed mark stays, so that they are never created again from the other side. The two services are not touched: what
    they hold has to be deleted there. Stop the service first: ccsync daemon stop.
    """
    return partial(forget, email=email, yes=yes)


def forget(session: Session, *, email: str, yes: bool) -> Result:
    """Forget a person, after a yes; what is left somewhere is told with exit code 3."""
    application = session.application()
    email = named(application, email, "forget")
    if not yes and not _agreed(session, application, email):
        message = f"nothing was changed, and {email} is not forgotten"
        return Result({"contact": email, "forgotten": False}, complaint=(f"ccsync: {message}",))
    done = _watched(session, application, email)
    data = _data(email, application.config.account, done)
    errors: tuple[Failure, ...] = ()
    if done.proof.left:
        files = ", ".join(map(str, done.proof.left))
        hint = f"delete them or keep them elsewhere, then: ccsync forget {shlex.quote(email)}"
        errors = (Failure("not_forgotten_yet", f"{email} still stands in {files}", hint),)
    return Result(
        data,
        ExitCode.STOPPED if errors else ExitCode.DONE,
        errors,
        partial=True,
        render=partial(_render, data=data),
    )


def named(application: Application, text: str, command: str) -> str:
    """Return an address without the blanks around it; UsageError for what is none, and nobody's in the state either.

    Whoever was forgotten can be named as before.
    """
    from ccsync.state.forgotten import load

    address = text.strip()
    before, at, after = address.rpartition("@")
    if at and before and after and not any(sign.isspace() for sign in address):
        return address
    if address and load(application.folder).since(address):
        return address
    with application.reader() as store:
        if store is not None and address:
            from ccsync.engine.traced import traced

            if any(traced(store, address)):
                return address
    hint = f"name a person by their address: ccsync {command} EMAIL"
    raise UsageError(f"{text!r} is no e-mail address", hint=hint)


def _agreed(session: Session, application: Application, email: str) -> bool:
    from ccsync.cli import run_first

    if not run_first.can_ask(session):
        raise UsageError(
            f"to forget {email} cannot be taken back, and nobody is there to be asked",
            hint=f"ccsync forget {shlex.quote(email)} --yes",
        )
    for line in [*_sharing(application, email), *_BEFORE.format(email=email).splitlines()]:
        for part in textwrap.wrap(line, session.output.talk_console.width, subsequent_indent="    "):
            session.output.tell(part)
    return run_first.agreed(session)


def _sharing(application: Application, email: str) -> list[str]:
    """Return what there is to say of an address that several people have: any of them can be named by id instead."""
    from ccsync.sync.records import email_key

    with application.reader() as store:
        found = store.mirror.contacts_by_email([email_key(email)]) if store is not None else {}
    people = [
        f"{one.values.get('Name', '').strip() or '(no name)'} ({one.id})" for held in found.values() for one in held
    ]
    if len(people) < 2:  # noqa: PLR2004 - one person is not several
        return []
    who = ", ".join(people)
    return [f"{len(people)} contacts of Membrain have this address, and all of them are meant: {who}."]


def _watched(session: Session, application: Application, email: str) -> Forgetting:
    from ccsync.cli.progress import Bar

    watches = session.output.talks and not session.everywhere.json
    with Bar(session.output.talk_console) if watches else nullcontext() as bar:
        return application.forget(email, bar)


def _data(email: str, account: str, done: Forgetting) -> dict[str, Any]:
    proof = done.proof
    return {
        "contact": email,
        "account": account,
        "forgotten": True,
        "known": done.known,
        "before": done.before.isoformat() if done.before else None,
        "membrain_ids": sorted(done.person.membrain),
        "contact_ids": sorted(done.person.contacts),
        "addresses": sorted(done.person.addresses),
        "removed": {"rows": done.rows, "texts": done.texts, "files": done.files, "lines": done.lines},
        "proof": {
            "files": proof.files,
            "bytes": proof.bytes,
            "left": [str(path) for path in proof.left],
            "named_by_others": proof.named,
            "alike": proof.alike,
        },
    }


def _render(output: Output, *, data: Mapping[str, Any]) -> None:
    for line in _said(data):
        if line:
            output.paragraph(line, hanging="    ")
        else:
            output.line()


def _said(data: Mapping[str, Any]) -> Iterator[str]:
    removed, proof, email = data["removed"], data["proof"], data["contact"]
    if data["known"]:
        yield f"Forgotten: {email}"
    elif data["before"]:
        yield f"{email} was forgotten before; nothing about them has come back"
    else:
        yield f"ccsync knew nobody with {email}; the mark is set all the same, so that they are never created"
    rows, lines, files = (_counted(removed[name], name) for name in ("rows", "lines", "files"))
    yield f"Removed: {rows} of the state; hidden: {lines} in {files}"
    yield f"Searched: {_counted(proof['files'], 'files')}, {proof['bytes']:,} bytes: found in {len(proof['left'])}"
    if proof["named_by_others"]:
        yield (
            f"{proof['named_by_others']} values of others name the person, say as an owner: they come from the "
            "services with every reading, and have to be changed there"
        )
    if proof["alike"]:
        yield f"{proof['alike']} values of others hold the same name or phone number, and stay"
    yield ""
    yield "What ccsync cannot erase:"
    yield f"  Membrain: delete the contact there{_ids(data['membrain_ids'])}"
    yield f"  Constant Contact: delete the contact there{_ids(data['contact_ids'])}; its lists are left as they are"
    yield "  exports made before (ccsync logs export), backups and mails that named the person"


def _counted(count: int, things: str) -> str:
    return f"{count} {things if count != 1 else things.removesuffix('s')}"


def _ids(ids: list[str]) -> str:
    return f" ({', '.join(ids)})" if ids else ""
