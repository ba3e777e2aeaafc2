"""What the doctor looks at of the service: its switch, its process, and what is installed to drive it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ccsync.errors import CcsyncError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccsync.cli.session import Session
    from ccsync.doctor.examine import Examination
    from ccsync.doctor.finding import Finding
    from ccsync.doctor.service import InstalledFacts
    from ccsync.service.record import Installation
    from ccsync.service.written import Piece


def runs_are_expected(session: Session, folder: Path) -> bool:
    """Tell whether runs of this account should come by themselves, as far as that is quick to see."""
    from ccsync.cli import installed
    from ccsync.service.switch import Switch
    from ccsync.state.folder import ServiceLock

    clock = session.environment.clock
    try:
        if Switch(folder, clock).is_off():
            return False
        return installed.installation(session) is not None or ServiceLock(folder, clock).held() is not None
    except (CcsyncError, OSError):
        return False


def of_the_service(session: Session, folder: Path) -> Examination:
    """Return the look at what makes runs come by themselves."""
    from ccsync.doctor.examine import SECONDS, Examination

    return Examination("service", lambda: _look(session, folder), 2 * SECONDS)  # systemd may take its time


def _look(session: Session, folder: Path) -> Iterator[Finding]:
    from ccsync.cli import installed
    from ccsync.doctor.service import ServiceFacts, check_service
    from ccsync.service.switch import Switch
    from ccsync.state.folder import ServiceLock
    from ccsync.wiring.doctor_account import holder_facts

    clock = session.environment.clock
    found = installed.installation(session)
    holder = ServiceLock(folder, clock).held() if folder.is_dir() else None
    yield from check_service(
        ServiceFacts(
            off_since=Switch(folder, clock).off_since(),
            process=holder_facts(holder) if holder else None,
            installed=_installed(session, found, folder) if found else None,
        )
    )


def _installed(session: Session, found: Installation, folder: Path) -> InstalledFacts:
    from ccsync.cli import installed
    from ccsync.doctor.service import InstalledFacts

    driver = installed.driver(session)
    state = driver.state() if driver is not None else None
    kept = {piece.path: _how(session, found, piece) for piece in found.files if not piece.kept}
    command = Path(found.command[0])
    return InstalledFacts(
        kind=found.kind,
        user=found.user,
        running=state is not None and state.running,
        detail=state.detail if state is not None else "",
        changed=tuple((path, how) for path, how in kept.items() if how != "as written"),
        command=command,
        command_there=command.is_file(),
        folder=Path(found.folder),
        our_folder=folder,
    )


def _how(session: Session, found: Installation, piece: Piece) -> str:
    """Return what has become of something that was written: ``as written``, ``edited`` or ``gone``."""
    from ccsync.service import crontab
    from ccsync.service.written import CRONTAB, digest, state_of

    if piece.path != CRONTAB:
        return state_of(piece)
    block = crontab.find_block(crontab.Crontab(session.environment.variables).read(), found.name)
    if block is None:
        return "gone"
    return "as written" if digest(block) == piece.digest else "edited"
