"""The page that shows both services beside each other. It loads nothing from anywhere."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ccsync.sandbox.constant_contact.service import ConstantContactService
    from ccsync.sandbox.membrain.service import MembrainService

_MOST_ROWS: Final = 500

_FRAME: Final = Markup(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>ccsync sandbox</title>
<style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1c2430; background: #f6f7f9; }}
h1 {{ font-size: 1.4rem; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.15rem; margin: 0 0 .5rem; }}
main {{ margin-top: 1rem; display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); }}
section {{ background: #fff; border: 1px solid #d9dee5; border-radius: .5rem; padding: 1rem; overflow-x: auto; }}
table {{ border-collapse: collapse; table-layout: fixed; width: 100%; margin: .75rem 0; }}
caption {{ text-align: left; font-weight: 600; padding: .25rem 0; }}
th, td {{ text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #e8ebef;
  vertical-align: top; overflow-wrap: anywhere; }}
th:nth-last-child(4) {{ width: 36%; }}
th:nth-last-child(3) {{ width: 21%; }}
th:nth-last-child(2):nth-child(3) {{ width: 20%; }}
th {{ font-weight: 600; color: #4b5868; white-space: nowrap; }}
.gone {{ color: #6b7684; text-decoration: line-through; }}
p {{ margin: .25rem 0; color: #4b5868; }}
</style>
</head>
<body>
<h1>ccsync sandbox</h1>
<p>Two simulated services with made-up people. Reload to see changes.</p>
<main>
{membrain}
{constant_contact}
</main>
</body>
</html>
""",
)


def page(membrain: MembrainService, constant_contact: ConstantContactService) -> str:
    """Return the whole page: contacts, lists and request counts of both sides, everything escaped."""
    return _FRAME.format(
        membrain=_membrain(membrain),
        constant_contact=_constant_contact(constant_contact),
    )


def _membrain(service: MembrainService) -> Markup:
    contacts = service.all("contacts", limit=_MOST_ROWS)
    rows = [
        (
            (
                contact["EmailAddress"],
                contact["Name"],
                contact["CompanyName"],
                contact["custom"].get("Newsletter", ""),
            ),
            contact["Deleted"] or contact["Retired"],
        )
        for contact in contacts
    ]
    counts = {
        "Contacts": service.count("contacts"),
        "Companies": service.count("companies"),
        "Sales Projects": service.count("opportunities"),
        "Account Growth Projects": service.count("accountGrowthItems"),
        "Prospects": service.count("prospects"),
    }
    return _side(
        "Membrain",
        _requests(service.log(), service.writes()),
        _table("Records", ("Kind", "Number"), [((kind, number), False) for kind, number in counts.items()]),
        _table("Contacts", ("Address", "Name", "Company", "Newsletter"), rows),
    )


def _constant_contact(service: ConstantContactService) -> Markup:
    everybody = service.people.all()
    lists = {one["list_id"]: one["name"] for one in service.people.lists()}
    members = Counter(list_id for contact in everybody for list_id in contact.get("list_memberships", ()))
    rows = [(_cells(contact, lists), "deleted_at" in contact) for contact in everybody[:_MOST_ROWS]]
    return _side(
        "Constant Contact",
        _requests(service.log(), service.writes()),
        _table("Lists", ("Name", "Members"), [((name, members[one]), False) for one, name in lists.items()]),
        _table(f"Contacts ({len(everybody)})", ("Address", "Name", "Permission", "Lists"), rows),
    )


def _cells(contact: Mapping[str, Any], lists: Mapping[str, str]) -> tuple[str, ...]:
    email = contact.get("email_address", {})
    return (
        email.get("address", ""),
        " ".join(contact.get(part, "") for part in ("first_name", "last_name")),
        email.get("permission_to_send", ""),
        ", ".join(lists.get(list_id, list_id) for list_id in contact.get("list_memberships", ())),
    )


def _requests(log: Sequence[Mapping[str, Any]], writes: int) -> Markup:
    return Markup("<p>{} requests since the start, {} writes in all</p>").format(len(log), writes)


def _side(title: str, *parts: Markup) -> Markup:
    return Markup("<section>\n<h2>{}</h2>\n{}\n</section>").format(title, Markup("\n").join(parts))


def _table(caption: str, heads: Iterable[str], rows: Iterable[tuple[Iterable[Any], bool]]) -> Markup:
    """Write a table; a row that is marked stands for something deleted or retired."""
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in heads)
    body = Markup("\n").join(
        Markup("<tr{}>{}</tr>").format(
            Markup(' class="gone"') if gone else "",
            Markup("").join(Markup("<td>{}</td>").format("" if cell is None else cell) for cell in cells),
        )
        for cells, gone in rows
    )
    return Markup("<table>\n<caption>{}</caption>\n<tr>{}</tr>\n{}\n</table>").format(caption, head, body)
