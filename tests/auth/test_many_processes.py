"""Many processes that need a token at the same moment: a run and several commands, when the token has ended."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ccsync.credentials.encrypted_file import EncryptedFileStore
from ccsync.credentials.key import KeySources, new_key
from ccsync.credentials.store import ConstantContactTokens, read_tokens

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Services


def test_twenty_processes_at_once_spend_the_refresh_token_once(
    services: Services, tokens: ConstantContactTokens, tmp_path: Path
) -> None:
    """With the real store, the real lock and the real clock."""
    new_key(tmp_path / "key")
    folder = tmp_path / "acme"
    store = EncryptedFileStore(folder, KeySources(key_file=tmp_path / "key"))
    services.live.add("refresh-0")
    script = """
import os, sys
from pathlib import Path
from authlib.integrations.requests_client import OAuth2Session
from ccsync.clock import SystemClock
from ccsync.constant_contact.oauth import TokenKeeper
from ccsync.constant_contact.oauth_endpoint import AuthorizationServer
from ccsync.credentials.encrypted_file import EncryptedFileStore
from ccsync.credentials.key import KeySources
from ccsync.logs.events import NullRecorder
folder, key, url = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
gate_out, gate_in = os.pipe()
for _ in range(20):
    if os.fork() == 0:
        os.close(gate_in)
        os.read(gate_out, 1)
        store = EncryptedFileStore(folder, KeySources(key_file=key))
        server = AuthorizationServer(url, "client-1", SystemClock(), NullRecorder())
        whose = {"client_id": "client-1", "account_id": "acc-1"}
        keeper = TokenKeeper(store, "acme", folder, lambda: server, SystemClock(), **whose)
        os.write(1, f"{keeper.access_token()}\\n".encode())
        os._exit(0)
os.close(gate_in)
for _ in range(20):
    assert os.wait()[1] == 0
"""
    # A token of the past for the machine's own clock, too.
    aged = replace(tokens, expires_at=datetime(2026, 1, 2, tzinfo=UTC), refreshed_at=datetime(2026, 1, 1, tzinfo=UTC))
    store.write("acme", "constant-contact", aged.to_text())
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(tmp_path / "key"), services.auth_url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["access-1"] * 20
    assert services.spent == {"refresh-0": 1}
    stored = read_tokens(store, "acme")
    assert stored is not None
    assert stored.refresh_token == "refresh-1"
