"""The pages a person sees while logging in. They work without scripts and say that nothing here is real."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; background: #f4f5f7; color: #1d2433; margin: 0; }
main { max-width: 26rem; margin: 12vh auto; background: #fff; padding: 2rem; border-radius: 8px;
       box-shadow: 0 1px 4px #0002; }
h1 { font-size: 1.25rem; margin-top: 0; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem; border-radius: 6px; border: 1px solid #1856ed;
         background: #1856ed; color: #fff; cursor: pointer; }
button.plain { background: #fff; color: #1856ed; }
input[type=text] { font: inherit; padding: .5rem; width: 100%; box-sizing: border-box; margin-bottom: 1rem; }
small { color: #5b6474; }
@media (prefers-color-scheme: dark) {
  body { background: #14171f; color: #e8eaf0; } main { background: #1e222d; } small { color: #a4acbb; }
  button.plain { background: #1e222d; color: #8fb0ff; border-color: #8fb0ff; }
}
"""


def page(title: str, body: str) -> str:
    """Return a whole page; the body is HTML, the title plain text."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}"
        "<p><small>Simulated Constant Contact of the ccsync sandbox. Nothing here is real.</small></p>"
        "</main></body></html>"
    )


def consent(app: str, account: str, scope: str, hidden: Mapping[str, str]) -> str:
    """Return the page that asks whether the application may use the account."""
    items = "".join(f"<dd>{escape(each)}</dd>" for each in scope.split())
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    return page(
        f"Allow {app}?",
        f"<dl><dt>Application</dt><dd>{escape(app)}</dd><dt>Account</dt><dd>{escape(account)}</dd>"
        f"<dt>May use</dt>{items}</dl>"
        f'<form method="post">{fields}<button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny" class="plain">Deny</button></form>',
    )


def ask_user_code(message: str = "") -> str:
    """Return the page on which the code that a device shows is entered."""
    note = f"<p role=alert>{escape(message)}</p>" if message else ""
    return page(
        "Connect a device",
        f'{note}<form method="get"><label>Code shown by the device<input type="text" name="user_code" autofocus '
        'autocomplete="off" required></label><button>Next</button></form>',
    )


def plain(title: str, text: str) -> str:
    """Return a page that only says something."""
    return page(title, f"<p>{escape(text)}</p>")
