"""One pass over both sides: pull, plan, guard, push, verify. The only place that knows the order of a run."""

from __future__ import annotations
