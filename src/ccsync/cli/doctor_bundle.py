"""``ccsync doctor --bundle``: the export of the logs with the report in it; where that cannot be, the report alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccsync.errors import ConfigError, LocalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccsync.cli.session import Session


def bundle(session: Session, report: Mapping[str, Any], output: Path | None) -> str:
    """Write the file and return its path.

    A configuration or a folder that cannot be used keeps the logs out of reach, and is what support wants to see: then
    the file holds the report and nothing else.
    """
    from ccsync.cli.logs_export import Wanted, export

    try:
        session.application()
    except (ConfigError, LocalError):
        return str(_alone(session, report, output))
    return str(export(session, wanted=Wanted(output=output, report=report)).data["path"])


def _alone(session: Session, report: Mapping[str, Any], output: Path | None) -> Path:
    from ccsync.cli.logs_export import DOCTOR
    from ccsync.logs.publish import published

    name = f"ccsync-doctor-{session.environment.clock.now():%Y-%m-%d}.zip"
    asked = (output or Path()).expanduser()
    path = (asked / name if asked.is_dir() else asked).absolute()
    with published(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(DOCTOR, json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    return path
