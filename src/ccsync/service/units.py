"""The text of systemd's units, hardened. Pure.

What each line means stands in systemd.exec(5), systemd.service(5) and systemd.timer(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.service.job import Job, Kind, Scope
from ccsync.service.schedule import on_calendar, random_delay, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SYSTEM_STATE = "/var/lib/"
"""Where ``StateDirectory=`` of a system unit lies."""

CREDENTIAL = "ccsync-key"
WATCHDOG_SECONDS = 300
"""Silence after which systemd takes the looping service for hung. The longest honest one is a request that is given up
after some 10 seconds, three times, and an import whose answer takes as long."""

STOP_SECONDS = 120
"""How long systemd waits for the record in hand before it ends a run by force."""

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+")
_WRITTEN_BY = (
    "# Written by: ccsync daemon install. To change it: systemctl edit. To take it back: ccsync daemon uninstall."
)

# What works for anybody's own units too: it needs neither root nor a namespace.
_FOR_EVERYBODY = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
"""

_FOR_SYSTEM = """\
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallFilter=~@privileged @resources
ProtectSystem=strict
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
PrivateDevices=yes
PrivateUsers=yes
DevicePolicy=closed
RestrictNamespaces=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
"""


def units(job: Job) -> dict[str, str]:
    """Return the name and the text of each unit of a job of systemd's."""
    service = "\n".join((_WRITTEN_BY, *_service(job))) + "\n"
    if job.kind is Kind.SERVICE:
        return {f"{job.name}.service": service}
    return {f"{job.name}.service": service, f"{job.name}.timer": "\n".join((_WRITTEN_BY, *_timer(job))) + "\n"}


def started(job_name: str, kind: str) -> str:
    """Return the unit that is enabled and started: the timer when there is one."""
    return f"{job_name}.timer" if kind == Kind.TIMER else f"{job_name}.service"


def _service(job: Job) -> Iterator[str]:
    yield "[Unit]"
    if job.kind is Kind.SERVICE:
        yield f"Description=ccsync, account {job.account}: runs every {_interval(job)}"
    else:
        yield f"Description=ccsync, account {job.account}: one run"
    if job.scope is Scope.SYSTEM:  # a user's manager does not know this target
        yield "Wants=network-online.target"
        yield "After=network-online.target"
    yield ""
    yield "[Service]"
    yield from _way(job)
    yield f"ExecStart={' '.join(_word(one) for one in job.whole_command)}"
    yield "SuccessExitStatus=75 143"
    yield f"TimeoutStopSec={STOP_SECONDS}"
    yield from _place(job)
    yield from _hardening(job)
    if job.kind is Kind.SERVICE:
        yield ""
        yield "[Install]"
        yield f"WantedBy={'multi-user.target' if job.scope is Scope.SYSTEM else 'default.target'}"


def _way(job: Job) -> Iterator[str]:
    if job.kind is Kind.TIMER:
        yield "Type=oneshot"
        yield "# A first run over many people takes long."
        yield "TimeoutStartSec=infinity"
        return
    yield "Type=notify"
    yield "NotifyAccess=main"
    yield f"WatchdogSec={WATCHDOG_SECONDS}"
    yield "Restart=on-failure"
    yield "RestartSec=30"
    yield "# 77: nobody is logged in, 78: the configuration is wrong. Trying again mends neither."
    yield "RestartPreventExitStatus=77 78"


def _place(job: Job) -> Iterator[str]:
    if job.scope is Scope.SYSTEM:
        yield f"User={job.user}"
    if job.scope is Scope.SYSTEM and not job.state_named:
        yield f"StateDirectory={str(job.state_dir).removeprefix(SYSTEM_STATE)}"
        yield "StateDirectoryMode=0700"
    else:
        yield f"Environment={_quoted(f'CCSYNC_STATE_DIR={job.state_dir}')}"
        if job.scope is Scope.SYSTEM:
            yield f"ReadWritePaths={_quoted(str(job.state_dir))}"
    for folder in job.writable if job.scope is Scope.SYSTEM else ():
        yield f"ReadWritePaths={_quoted(f'-{folder}')}"
    if job.credential is not None:
        how = "LoadCredentialEncrypted" if job.credential.encrypted else "LoadCredential"
        yield f"{how}={_quoted(f'{CREDENTIAL}:{job.credential.path}')}"


def _hardening(job: Job) -> Iterator[str]:
    yield from _FOR_EVERYBODY.splitlines()
    if job.scope is Scope.USER:  # the rest takes root, or namespaces that not every machine gives to its users
        return
    yield from _FOR_SYSTEM.splitlines()
    if job.home:
        yield "# The program, its configuration, its key or its state lies in a home folder."
    yield f"ProtectHome={'read-only' if job.home else 'yes'}"
    if job.temporary:
        yield "# The same lies in /tmp or /var/tmp."
    yield f"PrivateTmp={'no' if job.temporary else 'yes'}"


def _timer(job: Job) -> Iterator[str]:
    yield "[Unit]"
    yield f"Description=ccsync, account {job.account}: runs every {_interval(job)}"
    yield ""
    yield "[Timer]"
    if calendar := on_calendar(job.interval):
        yield f"OnCalendar={calendar}"
        yield "Persistent=true"
    else:
        yield "# No calendar holds this interval, so it is counted from the start of the last run."
        yield "OnActiveSec=0"
        yield f"OnUnitActiveSec={int(job.interval.total_seconds())}"
    yield f"RandomizedDelaySec={random_delay(job.interval)}"
    yield "AccuracySec=1s"
    yield ""
    yield "[Install]"
    yield "WantedBy=timers.target"


def _interval(job: Job) -> str:
    return words(int(job.interval.total_seconds()))


def _word(word: str) -> str:
    """Write one word of a command line: systemd expands ``$`` there, beside ``%``."""
    return _quoted(word).replace("$", "$$")


def _quoted(word: str) -> str:
    """Write a word as it is meant: systemd splits at blanks and expands ``%``."""
    if not set(word) <= _PLAIN:
        word = '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return word.replace("%", "%%")


def in_a_home(path: Path) -> bool:
    """Tell whether ``ProtectHome=yes`` would hide a path."""
    return any(path.is_relative_to(home) for home in ("/home", "/root", "/run/user"))


def in_temporary(path: Path) -> bool:
    """Tell whether ``PrivateTmp=yes`` would hide a path."""
    return any(path.is_relative_to(folder) for folder in ("/tmp", "/var/tmp"))  # noqa: S108 - nothing is written there
