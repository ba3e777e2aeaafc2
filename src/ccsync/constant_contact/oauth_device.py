"""The login for machines without a browser: a person opens an address elsewhere, ccsync asks until they have decided.

The rules of asking are RFC 8628's: wait ``interval`` seconds between two questions, five more after ``slow_down``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccsync.constant_contact.oauth_endpoint import LOGIN, GrantRefused
from ccsync.errors import LoginNeeded

if TYPE_CHECKING:
    from ccsync.clock import Clock
    from ccsync.constant_contact.oauth_endpoint import AuthorizationServer, DeviceCode, TokenAnswer

_SLOWER_SECONDS = 5.0


def wait_for_person(server: AuthorizationServer, code: DeviceCode, clock: Clock) -> TokenAnswer:
    """Ask until the person has allowed it; LoginNeeded when they refuse or the code runs out."""
    interval = code.interval
    end = clock.monotonic() + code.expires_in
    while clock.monotonic() + interval < end:
        clock.sleep(interval)
        try:
            return server.poll_device(code.device_code)
        except GrantRefused as refused:
            if refused.error == "slow_down":
                interval += _SLOWER_SECONDS
            elif refused.error == "access_denied":
                raise LoginNeeded("The login was declined", hint=f"{LOGIN} --device") from None
            elif refused.error == "expired_token":
                break
            elif refused.error != "authorization_pending":
                raise
    raise LoginNeeded("The code ran out before the login was allowed", hint=f"{LOGIN} --device")
