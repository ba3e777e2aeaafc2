"""The shape of the configuration file: every key, its type, its default and what it means.

These classes hold what one value alone can say. What takes two values to see stands in ``checks``; ``load.load`` is
the only way to a ``Config`` that has passed both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

import pydantic
from pydantic import AfterValidator, StringConstraints

from ccsync.config.sides import check_left, check_right
from ccsync.config.values import Duration, FilePath, FolderUrl, Instance, Size, Url, Zone, check_not_empty

Direction = Literal["membrain-to-constant-contact", "constant-contact-to-membrain", "both"]
ProjectKind = Literal["sales-project", "account-growth-project", "prospect"]
PROJECT_KINDS: tuple[ProjectKind, ...] = ("sales-project", "account-growth-project", "prospect")

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_PARAMETER = r"^([A-Za-z][A-Za-z0-9_-]*)?$"
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(min_length=1, pattern=_PRINTABLE)]
Left = Annotated[str, AfterValidator(check_left)]
Right = Annotated[str, AfterValidator(check_right)]
Words = Annotated[tuple[Text, ...], pydantic.Field(strict=False), AfterValidator(check_not_empty)]
Share = Annotated[float, pydantic.Field(ge=0, le=1, allow_inf_nan=False)]


class Model(pydantic.BaseModel):
    """A table of the file: frozen, no unknown keys, no conversion between types."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


class Membrain(Model):
    """Where Membrain is and how to read it: one of ``instance`` and ``url``, none needed in the sandbox."""

    instance: Instance | None = pydantic.Field(default=None, description="the part before .membrain.com")
    time_zone: Zone = pydantic.Field(default="UTC", description="the zone of Membrain's timestamps")
    url: FolderUrl | None = pydantic.Field(default=None, description="the whole address instead of the instance")
    page_size_parameter: Annotated[str, StringConstraints(pattern=_PARAMETER)] = pydantic.Field(
        default="", description="Membrain's name for the page size; when set, pages of 1000"
    )
    requests_per_minute: int = pydantic.Field(default=0, ge=0, description="0: no limit of our own")
    parallel_pages: int = pydantic.Field(default=4, ge=1, le=16, description="pages read at the same time")

    @property
    def base_url(self) -> str | None:
        """The address of the API with a slash at its end; ``None`` when only the sandbox is used."""
        return self.url or (f"https://{self.instance}.membrain.com/API/v2/" if self.instance else None)


class ConstantContact(Model):
    """How to reach Constant Contact, and how many of its calls to use."""

    client_id: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")] = pydantic.Field(
        default="", description="the application's API key; none needed in the sandbox"
    )
    redirect_port: int = pydantic.Field(
        default=8765, ge=1024, le=65535, description="http://localhost:PORT/callback must be registered"
    )
    api_url: Url = pydantic.Field(default="https://api.cc.email/v3", description="where the API is")
    auth_url: Url = pydantic.Field(
        default="https://authz.constantcontact.com/oauth2/default/v1", description="where the login is"
    )
    requests_per_second: float = pydantic.Field(
        default=3.5, gt=0, le=4, allow_inf_nan=False, description="the service allows 4"
    )
    requests_per_day: int = pydantic.Field(default=10_000, ge=10, description="calls in a day that ends at 00:00 UTC")
    opt_out_reserve: int = pydantic.Field(default=500, ge=0, description="of these, kept for opt-outs")


class Credentials(Model):
    """Where the keys and tokens lie."""

    store: Literal["keyring", "encrypted-file"] = pydantic.Field(
        default="keyring", description="keyring, of the desktop, or encrypted-file, for servers"
    )
    key_file: FilePath | None = pydantic.Field(default=None, description="the key of the encrypted file")
    key_command: Words | None = pydantic.Field(default=None, description="a command that prints the key")


class Service(Model):
    """How often the service runs."""

    interval: Duration = pydantic.Field(
        default=timedelta(minutes=3),
        ge=timedelta(seconds=1),
        description="from the start of a run to the next: s, m, h, d",
    )
    sweep: Duration = pydantic.Field(
        default=timedelta(hours=24), ge=timedelta(minutes=1), description="how often everything is compared"
    )


class Guard(Model):
    """When a run stops before it writes."""

    max_removals: int = pydantic.Field(default=20, ge=0, description="people who may leave a list in one run")
    max_removal_share: Share = pydantic.Field(default=0.1, description="of the list's members, 0 to 1")
    max_new: int | None = pydantic.Field(default=None, ge=1, description="people who may be created in one run")


class Logs(Model):
    """How long and how much log is kept."""

    keep: Duration = pydantic.Field(
        default=timedelta(days=90), ge=timedelta(days=1), description="older logs are deleted"
    )
    max_size: Size = pydantic.Field(default=10**9, description="of all logs: the oldest beyond it are deleted")


class Notify(Model):
    """Who is told when something fails."""

    healthchecks_url: Url | None = pydantic.Field(default=None, description="pinged at the start and end of each run")
    on_failure: Words | None = pydantic.Field(default=None, description="a command that is run when runs begin to fail")
    textfile: FilePath | None = pydantic.Field(default=None, description="metrics for Prometheus's textfile collector")


class Sandbox(Model):
    """The two simulated services, instead of the real ones."""

    enabled: bool = pydantic.Field(default=False, description="made-up people on this computer; nothing leaves it")


class Field(Model):
    """One pair of fields that is kept equal."""

    membrain: Left = pydantic.Field(description="contact.X, company.X, project.X or .custom.<display name>")
    constant_contact: Right = pydantic.Field(description="a field of Constant Contact, or custom.<label>")
    direction: Direction | None = pydantic.Field(default=None, description="within the sync's direction")
    values: Mapping[str, str] = pydantic.Field(default={}, description="Membrain's word = Constant Contact's word")
    default: Text | None = pydantic.Field(default=None, description="written when the source is empty")
    clear: bool = pydantic.Field(default=False, description="an emptied value empties the other side")
    when_too_long: Literal["reject", "truncate"] = pydantic.Field(
        default="reject", description="reject keeps the old value and reports the field; truncate cuts"
    )


class Sync(Model):
    """A filter over Membrain's contacts matched to a list of Constant Contact."""

    name: Annotated[Text, StringConstraints(max_length=100)] = pydantic.Field(description="your own word for it")
    direction: Direction = pydantic.Field(
        description="membrain-to-constant-contact, constant-contact-to-membrain, or both"
    )
    filter: str = pydantic.Field(default="", description="a CEL expression; empty: everybody with an e-mail address")
    list: Annotated[Text, StringConstraints(max_length=255)] = pydantic.Field(description="created when missing")
    when_leaving: Literal["remove-from-list", "keep"] = pydantic.Field(
        default="remove-from-list", description="what happens to whoever no longer matches; or keep"
    )
    conflict: Literal["membrain", "constant-contact", "newest"] = pydantic.Field(
        default="membrain", description="whose value counts where both sides changed; or constant-contact, or newest"
    )
    create_companies: bool = pydantic.Field(default=True, description="towards Membrain")
    projects: tuple[ProjectKind, ...] = pydantic.Field(
        default=PROJECT_KINDS, strict=False, description="the kinds that fill project.*"
    )
    project: Literal["newest-open", "newest"] = pydantic.Field(
        default="newest-open", description="which one, when a company has several; or newest"
    )
    field: tuple[Field, ...] = pydantic.Field(default=(), strict=False)


class Config(Model):
    """The whole file."""

    account: Annotated[str, StringConstraints(pattern=_NAME)] = pydantic.Field(
        description="names the state, the logs and the stored credentials"
    )
    membrain: Membrain = Membrain()
    constant_contact: ConstantContact = ConstantContact()
    credentials: Credentials = Credentials()
    service: Service = Service()
    guard: Guard = Guard()
    logs: Logs = Logs()
    notify: Notify = Notify()
    sandbox: Sandbox = Sandbox()
    sync: Annotated[tuple[Sync, ...], pydantic.Field(strict=False), AfterValidator(check_not_empty)]
