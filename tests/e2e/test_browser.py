"""A real browser: Chromium, without a window, driven as a person would use it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from .conftest import SECONDS, House

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER and find_spec("selenium")),
        reason="needs selenium (in '.[dev]') and a browser (Debian: apt-get install chromium chromium-driver)",
    ),
]
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1280,900")


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def drive(**how: str) -> Chrome:
    """Return the wheel of a Chromium: of the one at ``debugger_address``, else of a new one."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService  # noqa: PLC0415 - for developers alone

    options = ChromeOptions()
    if "debugger_address" in how:
        options.debugger_address = how["debugger_address"]
    else:
        for switch in SWITCHES:
            options.add_argument(switch)
    return Chrome(options, ChromeService(DRIVER))


@pytest.fixture
def browser_command(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Return a command that opens Chromium, as a desktop sets it in BROWSER, and where that can be driven."""
    port, pids = free_port(), tmp_path / "browser.pid"
    script = tmp_path / "browser"
    profile = f"--user-data-dir={tmp_path / 'profile'} --remote-debugging-port={port}"
    script.write_text(
        f'#!/bin/sh\necho $$ > {pids}\nexec {CHROMIUM} {" ".join(SWITCHES)} {profile} "$@" >/dev/null 2>&1\n', "utf-8"
    )
    script.chmod(0o755)
    yield f"{script} %s &", f"127.0.0.1:{port}"
    if pids.exists():
        subprocess.run(["kill", pids.read_text("ascii").strip()], check=False, capture_output=True)


class InABrowser(House):
    """A user's machine with a desktop whose browser is Chromium."""

    browser = ""

    @property
    def variables(self) -> dict[str, str]:
        return {**super().variables, "BROWSER": self.browser, "DISPLAY": os.environ.get("DISPLAY", ":0")}


@pytest.fixture
def desktop(tmp_path: Path, browser_command: tuple[str, str]) -> Iterator[InABrowser]:
    (tmp_path / "house").mkdir()
    house = InABrowser(tmp_path / "house")
    house.browser = browser_command[0]
    port = free_port()
    house.sandbox.constant_contact.register_redirect_uri(f"http://localhost:{port}/callback")
    house.configure(redirect_port=port)
    assert house.ccsync("auth", "new-key", str(house.key_file)).code == 0
    key = house.sandbox.membrain.api_key
    assert house.ccsync("auth", "login", "membrain", "--with-key", stdin=f"{key}\n").code == 0
    yield house
    house.sandbox.stop()


def test_the_login_opens_the_browser_and_allowing_it_there_is_all_there_is_to_do(
    desktop: InABrowser, browser_command: tuple[str, str], tmp_path: Path
) -> None:
    from selenium.webdriver.common.by import By  # noqa: PLC0415 - for developers alone
    from selenium.webdriver.support.wait import WebDriverWait  # noqa: PLC0415 - for developers alone

    desktop.person("Ann Berg", "ann@example.com")
    with desktop.start("auth", "login", "constant-contact") as login:
        window = drive(debugger_address=browser_command[1])
        WebDriverWait(window, SECONDS).until(lambda page: page.find_elements(By.CSS_SELECTOR, "button[value=allow]"))
        window.save_screenshot(str(tmp_path / "consent.png"))
        window.find_element(By.CSS_SELECTOR, "button[value=allow]").click()
        WebDriverWait(window, SECONDS).until(lambda page: "You can close this window" in page.page_source)
        window.save_screenshot(str(tmp_path / "done.png"))
        stdout, stderr = login.communicate(timeout=SECONDS)
        window.quit()
    assert (login.returncode, stdout) == (0, ""), stderr

    assert desktop.run().code == 0
    assert desktop.titles() == {"ann@example.com": ""}


def test_the_sandbox_shows_both_sides_beside_each_other(house: House, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By  # noqa: PLC0415 - for developers alone

    window = drive()
    try:
        api = house.sandbox.endpoints().api_url
        window.get(f"{api.partition('/v3')[0]}/_sandbox/")
        sides = [section.text for section in window.find_elements(By.TAG_NAME, "section")]
        window.save_screenshot(str(tmp_path / "sides.png"))
        places = [section.location["x"] for section in window.find_elements(By.TAG_NAME, "section")]
        wider = window.execute_script(
            "return [...document.querySelectorAll('section')].filter(one => one.scrollWidth > one.clientWidth).length"
        )
        complaints = window.get_log("browser")  # type: ignore[no-untyped-call] # selenium's own
    finally:
        window.quit()

    assert [side.splitlines()[0] for side in sides] == ["Membrain", "Constant Contact"]
    assert all("ann@example.com Ann Berg" in side for side in sides)
    assert places[0] < places[1]
    assert (wider, complaints) == (0, [])
