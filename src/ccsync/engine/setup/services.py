"""The first half of the conversation: which services, whose account, and the logins, each tried before it counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ccsync.config.create import complaint
from ccsync.engine.setup.asking import Choice
from ccsync.errors import CcsyncError, ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccsync.config.create import Tables
    from ccsync.engine.setup.asking import Stored, Talk

RUNS = ("hand", "cron", "systemd")
STORES = ("keyring", "encrypted-file")
WAYS = ("browser", "no-browser", "device", "keep")
TO_CONSTANT_CONTACT, TO_MEMBRAIN = "membrain-to-constant-contact", "constant-contact-to-membrain"
WITH_KEY = "ccsync init --with-key < FILE, beside the other flags"
"""What to type to give a key off a terminal."""

_HOST = ".membrain.com"
_SANDBOX_ACCOUNT = "example"
_SERVICES = (
    Choice("sandbox", "The sandbox: both services simulated here, to try it"),
    Choice("real", "Our own Membrain and Constant Contact"),
)
_RUNS = (
    Choice("hand", "By hand, or only while I am logged in here"),
    Choice("cron", "By itself, from a crontab"),
    Choice("systemd", "By itself, from a systemd timer"),
)
_RUNS_PROPOSED = "cron"
_STORES = {
    "keyring": "The keyring, open while I am logged in",
    "encrypted-file": "An encrypted file, with a key file",
}
_WAYS = {
    "browser": "With the browser of this machine",
    "device": "On any other device, with a code",
    "no-browser": "Print the address, for a browser that reaches this machine",
}


def services(talk: Talk) -> tuple[Tables, str]:
    """Return the tables about the services, and how ccsync will run; what was said beforehand is not asked."""
    if _is_sandbox(talk):
        account = _answer(talk, "account", talk.said.account or _SANDBOX_ACCOUNT)
        return {"account": account, "sandbox": {"enabled": True}}, talk.said.runs or _RUNS_PROPOSED
    tables: Tables = {"account": "", "membrain": _instance(talk, talk.said.instance)}
    tables["account"] = _account(talk, tables)
    tables["constant_contact"] = {}
    runs = talk.said.runs or talk.asker.choose("How will ccsync run?", _RUNS, _RUNS_PROPOSED)
    stored = _credentials(talk, tables, runs)
    _membrain_key(talk, tables, stored)
    _constant_contact(talk, tables, stored)
    return tables, runs


def missing(talk: Talk) -> list[str]:
    """Return the flags whose answers are needed and were not given; a key alone may be stored already."""
    said = talk.said
    asked = _open(
        {"--list": said.list, "--filter": said.filter, "--direction": said.direction, "--fields": said.fields}
    )
    if said.direction == TO_MEMBRAIN and "--filter" in asked:
        asked.remove("--filter")  # whoever is on the list goes to Membrain
    if said.sandbox:
        return asked
    real = _open({"--client-id": said.client_id, "--login": said.login, "--runs": said.runs})
    place = _open({"--instance": said.instance})
    key = ["--with-key unless a key is stored"] if said.key is None else []
    if said.sandbox is None:
        services_of_own = ", ".join((*place, *key, *real))
        needs = f" (which needs {services_of_own})" if services_of_own else ""
        return [f"--sandbox or --real{needs}", *asked]
    return [*place, *key, *real, *asked] if place or real or asked else []


def _open(flags: dict[str, str | None]) -> list[str]:
    return [name for name, value in flags.items() if value is None]


def _is_sandbox(talk: Talk) -> bool:
    if talk.said.sandbox is not None:
        return talk.said.sandbox
    return talk.asker.choose("What shall ccsync work with?", _SERVICES, "sandbox") == "sandbox"


def _instance(talk: Talk, said: str | None) -> Tables:
    if said is None:
        said = talk.asker.text("Membrain instance, the part before .membrain.com", "", _wrong_instance)
    elif wrong := _wrong_instance(said):
        raise UsageError(f"--instance {said}: {wrong}", hint="ccsync init --instance acme")
    return _where(said)


def _wrong_instance(text: str) -> str:
    ((key, value),) = _where(text).items()
    return complaint("membrain", key, value)


def _where(text: str) -> Tables:
    """Take what a person copies out of the address bar as well; another host only as a whole address."""
    text = text.strip()
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:  # no address at all; what is wrong with it is said by the configuration
        host = ""
    if host.endswith(_HOST):
        return {"instance": host.removesuffix(_HOST)}
    return {"url": text} if "://" in text else {"instance": text}


def _account(talk: Talk, tables: Tables) -> str:
    membrain = tables["membrain"]
    proposed = membrain.get("instance") or re.sub(r"\W+", "-", urlsplit(membrain["url"]).hostname or "").strip("-")
    if talk.said.account is None and talk.asker.present:
        question = "A short name for this account, for its folder and its logs"
        return talk.asker.text(question, proposed, lambda text: complaint("", "account", text))
    return _answer(talk, "account", talk.said.account or proposed)


def _answer(_talk: Talk, key: str, value: str) -> str:
    if wrong := complaint("", key, value):
        raise UsageError(f"--{key} {value}: {wrong}", hint=f"ccsync init --{key} acme")
    return value


def _credentials(talk: Talk, tables: Tables, runs: str) -> Stored:
    """Choose where logins are kept, by how ccsync will run, until a place is found that works."""
    said, asker = talk.said, talk.asker
    order = STORES if runs == "hand" else STORES[::-1]  # a keyring is locked while nobody is logged in
    store = said.store or (order[0] if said.runs and not asker.present else None)
    while True:
        chosen = store or asker.choose(
            "Where shall the logins be kept?", [Choice(one, _STORES[one]) for one in order], order[0]
        )
        tables["credentials"] = {"store": chosen}
        if chosen == "encrypted-file":
            tables["credentials"]["key_file"] = _key_file(talk)
        try:
            return talk.outside.prepare(tables)
        except CcsyncError as error:
            if not asker.present:
                raise
            asker.tell(error.message)
            store = None


def _key_file(talk: Talk) -> str:
    said, asker = talk.said.key_file, talk.asker
    if said is None and asker.present:
        return asker.text("File for the key, made when it is not there", talk.key_file, _wrong_key_file)
    if wrong := _wrong_key_file(said or talk.key_file):
        raise UsageError(f"--key-file {said}: {wrong}", hint="ccsync init --key-file /etc/ccsync/key")
    return said or talk.key_file


def _wrong_key_file(text: str) -> str:
    return complaint("credentials", "key_file", text)


def _membrain_key(talk: Talk, tables: Tables, stored: Stored) -> None:
    asker, key = talk.asker, talk.said.key
    if key is None and stored.key:
        question = f"A key for {tables['account']} is stored already. Use it?"
        if not asker.present or asker.confirm(question, proposed=True):
            return
    if key is None and not asker.present:
        raise UsageError("there is no key for Membrain", hint=WITH_KEY)

    def once() -> None:
        nonlocal key
        given, key = key or asker.secret("Membrain API key (System Setup > Membrain API), not shown"), None
        try:
            users = talk.outside.try_key(tables, given)
        except ConfigError as error:  # there is no such instance
            if not asker.present:
                raise
            asker.tell(error.message)
            tables["membrain"] = _instance(talk, None)
            users = talk.outside.try_key(tables, given)
        asker.tell(f"The key works: it shows {users} users of Membrain")

    _until_it_works(talk, once)


def _constant_contact(talk: Talk, tables: Tables, stored: Stored) -> None:
    asker, said = talk.asker, talk.said
    client, way = said.client_id, said.login

    def once() -> None:
        nonlocal client, way
        chosen = client or asker.text("Constant Contact client_id (API key of the application)", "", _wrong_client)
        if wrong := _wrong_client(chosen):
            raise UsageError(f"--client-id: {wrong}", hint="ccsync init --client-id ID")
        tables["constant_contact"] = {"client_id": chosen, **(said.settings or {})}
        ways = {"keep": f"Keep the login that is stored: {stored.constant_contact}", **_WAYS}
        if not stored.constant_contact:
            del ways["keep"]
        how = way or asker.choose("Log in to Constant Contact", [Choice(*one) for one in ways.items()])
        client = way = None
        if how == "keep":
            if not stored.constant_contact:
                raise UsageError("no login to Constant Contact is stored", hint="ccsync init --login device")
            return
        asker.tell(f"Logged in to Constant Contact: {talk.outside.log_in(tables, how)}")

    _until_it_works(talk, once)


def _wrong_client(text: str) -> str:
    return complaint("constant_contact", "client_id", text) if text else "is needed to log in"


def _until_it_works(talk: Talk, once: Callable[[], None]) -> None:
    """Do something again as long as it fails and somebody wants to; the error of the last time when nobody does."""
    while True:
        try:
            return once()
        except CcsyncError as error:
            if not talk.asker.present:
                raise
            talk.asker.tell(error.message)
            if not talk.asker.confirm("Try again?", proposed=True):
                raise
