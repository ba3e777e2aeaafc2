"""The configuration: whether it is right, and who may read and change its file."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccsync.doctor.finding import Finding, fail, ok, refused, warn
from ccsync.doctor.words import counted
from ccsync.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ccsync.errors import ConfigError

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


@dataclass(frozen=True, slots=True)
class ConfigFacts:
    """What reading the file gave: ``error``, or the account, its syncs and the reader's warnings."""

    path: Path | None
    error: ConfigError | None = None
    account: str = ""
    syncs: int = 0
    sandbox: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Whose a file is, and who may do what with it."""

    path: Path
    mode: int
    owner: int
    user: int


def check_config(facts: ConfigFacts) -> Iterator[Finding]:
    """Say that the file is right, or each mistake; unknown keys are mistakes."""
    if facts.error is not None:
        yield from refused("config", facts.error)
        return
    sandbox = ", in the sandbox" if facts.sandbox else ""
    yield ok("config", f"{facts.path}: account {facts.account}{sandbox}, {counted(facts.syncs, 'sync')}")
    for warning in facts.warnings:
        yield warn("config", warning, "ccsync config check")


def check_config_file(facts: FileFacts) -> Iterator[Finding]:
    """Whoever can change the file can have a command of theirs run (``key_command``); it holds no secret to read."""
    name = "config-file"
    if facts.owner not in (facts.user, _ROOT):
        yield warn(name, f"{facts.path} belongs to another user, who can change it", f"ls -l {facts.path}")
    elif facts.mode & _OTHERS_WRITE:
        said = f"others can change {facts.path} (mode {facts.mode:04o}), and with it what ccsync runs"
        yield fail(name, said, f"chmod go-w {facts.path}", ExitCode.LOCAL)
    elif facts.mode & _OTHERS_READ:
        yield ok(name, f"mode {facts.mode:04o}: others can read it, and it holds no secret")
    else:
        yield ok(name, f"mode {facts.mode:04o}: nobody else can read it")
