"""The operations below ``/account``, and what a person's role allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccsync.sandbox.constant_contact.calls import Answer

if TYPE_CHECKING:
    from ccsync.sandbox.constant_contact.calls import Call, Desk

PRIVILEGES = {
    "account:read": 1, "account:update": 2, "contacts:read": 3, "contacts:write": 4, "contacts:lists:read": 5,
    "contacts:lists:write": 6, "campaign:read": 7, "campaign:create": 8,
}  # fmt: skip
CAMPAIGN_CREATOR = frozenset({"account:read", "contacts:lists:read", "campaign:read", "campaign:create"})


def privileges_of(role: str) -> frozenset[str]:
    """Return what a role may do: owners and managers everything, a campaign creator no contacts."""
    return CAMPAIGN_CREATOR if role == "campaign_creator" else frozenset(PRIVILEGES)


class AccountApi:
    """The account over HTTP."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def summary(self, call: Call) -> Answer:
        """GET /account/summary."""
        body: dict[str, Any] = {
            "encoded_account_id": call.account,
            "contact_email": "owner@organisation.example",
            "first_name": "Olivia",
            "last_name": "Owner",
            "organization_name": f"Organisation {call.account}",
            "country_code": "US",
            "time_zone_id": "US/Eastern",
            "website": "https://organisation.example",
        }
        if "physical_address" in call.query.get("extra_fields", ""):
            body["physical_address"] = {"address_line1": "1 Example Street", "city": "Anytown", "country_code": "US"}
        return Answer(200, body)

    def privileges(self, call: Call) -> Answer:  # noqa: ARG002 - as every operation
        """GET /account/user/privileges: needs neither scope nor privilege."""
        held = privileges_of(self._desk.switches().role)
        return Answer(
            200,
            [{"privilege_id": PRIVILEGES[name], "privilege_name": name} for name in sorted(held)],
        )
