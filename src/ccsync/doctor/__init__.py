"""What can be wrong with an installation, and the mend: pure checks over facts that others gather."""

from __future__ import annotations
