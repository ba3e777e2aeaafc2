"""``ccsync help``: what the help of a single command has no room for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ccsync.cli import completing
from ccsync.cli.command import Command, examples
from ccsync.cli.output import Result
from ccsync.cli.session import Task  # noqa: TC001 - Typer reads the annotations when it runs
from ccsync.errors import UsageError

if TYPE_CHECKING:
    from ccsync.cli.output import Output
    from ccsync.cli.session import Session


def declare(tree: typer.Typer) -> None:
    """Add the command to the tree."""
    tree.command(
        "help",
        cls=Command,
        epilog=examples(
            "ccsync help                    which topics there are",
            "ccsync help settings           every key of the configuration",
            "ccsync help troubleshooting    what to do when something is wrong",
            "ccsync help auth login         the same as ccsync auth login --help",
        ),
    )(_help)


def _help(
    *,
    topic: Annotated[
        list[str] | None,
        typer.Argument(metavar="TOPIC", help="A topic, or a command's name.", autocompletion=completing.topics),
    ] = None,
) -> Task:
    """Explain a topic or a command; without one, say which topics there are."""
    return partial(explain, topic=tuple(topic or ()))


def explain(session: Session, *, topic: tuple[str, ...]) -> Result | None:
    """Return the text of a topic or the help page of a command; UsageError when it is neither."""
    from ccsync.cli import help_topics

    if not topic:
        data = {"topics": [{"topic": name, "about": about} for name, about in help_topics.ABOUT.items()]}
        return Result(data, render=_render_topics)
    name = " ".join(topic)
    if name in help_topics.ABOUT:
        text = help_topics.text(name)
        return Result({"topic": name, "text": text}, render=partial(_render, text=text))
    return _of_command(session, topic)


def _of_command(session: Session, words: tuple[str, ...]) -> Result | None:
    from ccsync.cli import commands, help_topics

    call = commands.parse([*words, "--help"], session.environment, as_json=session.everywhere.json)
    answer = call.task(session)
    if answer is not None and answer.errors:
        raise UsageError(
            f"there is neither a topic nor a command {' '.join(words)!r}; topics: {', '.join(help_topics.ABOUT)}",
            hint="ccsync help",
        )
    return answer


def _render_topics(output: Output) -> None:
    from ccsync.cli import help_topics
    from ccsync.cli.tables import table

    output.print(table(("Topic", "About"), list(help_topics.ABOUT.items())))
    output.line()
    output.line("ccsync help TOPIC explains one; ccsync --help lists the commands.")


def _render(output: Output, *, text: str) -> None:
    """Draw the headings and tables on a terminal; elsewhere the text is passed on as it is written."""
    if not output.on_terminal:
        for line in text.splitlines():
            output.line(line)
        return
    from rich.markdown import Markdown

    output.print(Markdown(text, hyperlinks=False))
