"""What runs ccsync without anybody watching: the loop, the background process, units and cron lines, notices."""

from __future__ import annotations
