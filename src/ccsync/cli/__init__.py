"""The command line: parse the words, call a function, render what it answers. No decisions are made here."""

from __future__ import annotations
