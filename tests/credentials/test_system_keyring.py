"""The keyring of the desktop: which backends ccsync trusts, and what it says when there is none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ccsync.credentials.system_keyring import Backend, KeyringStore, vetted
from ccsync.errors import ExitCode, LocalError

if TYPE_CHECKING:
    from collections.abc import Callable


class DictBackend:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


def called(name: str, **attributes: Any) -> Backend:
    """Return a backend whose class has this full name."""
    module, _, kind = name.rpartition(".")
    made: Any = type(kind, (DictBackend,), {"__module__": module, **attributes})
    backend: Backend = made()
    return backend


GOOD = "keyring.backends.SecretService.Keyring"


class TestWhichBackend:
    @pytest.mark.parametrize(
        "name",
        [
            "keyring.backends.fail.Keyring",
            "keyring.backends.null.Keyring",
            "keyrings.alt.file.PlaintextKeyring",
            "keyrings.alt.file.EncryptedKeyring",
            "keyrings.cryptfile.cryptfile.CryptFileKeyring",
            "example.backends.PlainTextKeyring",
            "example_plaintext.Keyring",
        ],
    )
    def test_one_that_keeps_nothing_keeps_it_readable_or_asks_on_a_terminal_is_refused(self, name: str) -> None:
        store = KeyringStore(lambda: called(name))
        uses: list[Callable[[], Any]] = [
            store.probe,
            store.describe,
            lambda: store.read("acme", "membrain"),
            lambda: store.write("acme", "membrain", "x"),
            lambda: store.delete("acme", "membrain"),
        ]
        for use in uses:
            with pytest.raises(LocalError) as caught:
                use()
            assert caught.value.exit_code is ExitCode.LOCAL
            assert name in caught.value.message
            assert 'store = "encrypted-file"' in caught.value.hint
            assert "ccsync auth new-key FILE" in caught.value.hint

    @pytest.mark.parametrize("name", [GOOD, "keyring.backends.kwallet.DBusKeyring", "keyring.backends.macOS.Keyring"])
    def test_those_of_desktops_are_taken(self, name: str) -> None:
        assert KeyringStore(lambda: called(name)).describe() == f"system keyring ({name})"

    def test_of_a_chain_only_the_first_is_used(self) -> None:
        first, second = called(GOOD), called("keyrings.alt.file.PlaintextKeyring")
        chain = called("keyring.backends.chainer.ChainerBackend", backends=[first, second])
        assert vetted(chain) is first

    @pytest.mark.parametrize("members", [[], [called("keyrings.alt.file.PlaintextKeyring"), called(GOOD)]])
    def test_a_chain_is_as_good_as_its_first_member(self, members: list[Backend]) -> None:
        with pytest.raises(LocalError):
            vetted(called("keyring.backends.chainer.ChainerBackend", backends=members))

    def test_the_packages_own_null_and_fail_are_known_by_these_names(self) -> None:
        from keyring.backends import fail, null  # noqa: PLC0415 - slow, and only this test needs it

        kinds: list[Any] = [fail.Keyring, null.Keyring]
        for kind in kinds:
            with pytest.raises(LocalError):
                vetted(kind())


class TestKeeping:
    def test_what_is_written_is_read_and_forgotten_under_the_name_of_account_and_service(self) -> None:
        backend = called(GOOD)
        store = KeyringStore(lambda: backend)
        store.write("acme", "membrain", "secret")
        assert vars(backend)["held"] == {("ccsync", "acme/membrain"): "secret"}
        assert store.read("acme", "membrain") == "secret"
        assert store.read("other", "membrain") is None
        store.delete("acme", "membrain")
        store.delete("acme", "membrain")
        assert store.read("acme", "membrain") is None

    def test_a_probe_leaves_nothing_behind(self) -> None:
        backend = called(GOOD)
        KeyringStore(lambda: backend).probe()
        assert vars(backend)["held"] == {}

    def test_a_keyring_that_takes_and_does_not_give_back_fails_the_probe(self) -> None:
        silent = called(GOOD, get_password=lambda *_: None)
        with pytest.raises(LocalError, match="did not give it back"):
            KeyringStore(lambda: silent).probe()


class TestTrouble:
    def test_a_call_that_hangs_is_given_up(self) -> None:
        never = threading.Event()
        hanging = called(GOOD, get_password=lambda *_: never.wait(60) and None)
        try:
            with pytest.raises(LocalError, match=r"did not answer within 0\.05 seconds") as caught:
                KeyringStore(lambda: hanging, seconds=0.05).read("acme", "membrain")
        finally:
            never.set()
        assert caught.value.code == "keyring_timeout"
        assert caught.value.hint.startswith("unlock it, or set")

    def test_a_search_for_the_backend_that_hangs_is_given_up_too(self) -> None:
        never = threading.Event()

        def find() -> Backend:
            never.wait(60)
            return called(GOOD)

        try:
            with pytest.raises(LocalError, match="did not answer"):
                KeyringStore(find, seconds=0.05).describe()
        finally:
            never.set()

    def test_what_a_backend_raises_is_told_on_one_line(self) -> None:
        def locked(*_: object) -> None:
            raise RuntimeError("Failed to unlock the collection!\nTraceback of the desktop")

        with pytest.raises(LocalError) as caught:
            KeyringStore(lambda: called(GOOD, get_password=locked)).read("acme", "membrain")
        assert caught.value.message == ("The keyring could not be read: RuntimeError: Failed to unlock the collection!")
        assert caught.value.__suppress_context__

    @pytest.mark.parametrize(
        ("use", "deed"),
        [
            (lambda store: store.read("a", "b"), "read"),
            (lambda store: store.write("a", "b", "c"), "written"),
            (lambda store: store.delete("a", "b"), "changed"),
            (lambda store: store.probe(), "tried"),
        ],
        ids=["read", "write", "delete", "probe"],
    )
    def test_nothing_is_ever_kept_elsewhere_instead(self, use: Callable[[KeyringStore], Any], deed: str) -> None:
        def no_backend() -> Backend:
            raise RuntimeError("No recommended backend was available")

        with pytest.raises(LocalError, match=f"could not be {deed}"):
            use(KeyringStore(no_backend))
