"""Real Firefox ESR for tests, spoken to over Marionette (its own WebDriver protocol): no driver program in between."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.running import free_port

FIREFOX = "firefox-esr"
STARTS_WITHIN_S = 60.0
ANSWERS_WITHIN_S = 40.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key WebDriver gives an element under."""
PREFERENCES: dict[str, object] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "ko",
    # Nothing but the page under test is asked for.
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One browser. Commands go to the current window."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._number = 0

    async def command(self, name: str, **parameters: Any) -> Any:
        """One WebDriver command; its value. Raises AssertionError with Firefox's own words."""
        self._number += 1
        text = json.dumps([0, self._number, name, parameters])
        self._writer.write(f"{len(text.encode())}:{text}".encode())
        kind, number, error, result = await asyncio.wait_for(self._read(), ANSWERS_WITHIN_S)
        assert (kind, number) == (1, self._number)
        assert error is None, f"{name}: {error}"
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    async def open_window(self) -> str:
        """A second window; make it current with `switch`."""
        opened = await self.command("WebDriver:NewWindow", type="window", focus=True)
        return str(opened["handle"])

    async def switch(self, window: str) -> None:
        await self.command("WebDriver:SwitchToWindow", handle=window, focus=True)

    async def go(self, url: str) -> None:
        await self.command("WebDriver:Navigate", url=url)

    async def run(self, script: str, *arguments: Any) -> Any:
        """The value of a function body in the page; `arguments` as such."""
        return await self.command("WebDriver:ExecuteScript", script=script, args=list(arguments), newSandbox=True)

    async def fill(self, css: str, text: str) -> None:
        element = await self._find("css selector", css)
        await self.command("WebDriver:ElementSendKeys", id=element, text=text)

    async def press(self, name: str) -> None:
        """Click the button a screen reader calls `name`, as soon as it can be clicked."""
        quoted = json.dumps(name, ensure_ascii=False)
        named = f"normalize-space()={quoted} or @aria-label={quoted} or .//*[normalize-space()={quoted}]"
        element = await self._find("xpath", f"//button[not(@disabled)][{named}]")
        await self.command("WebDriver:ElementClick", id=element)

    async def until(self, what: str, script: str, within_s: float = 30.0) -> Any:
        """Wait until a function body returns something true; that. Fails by name."""
        deadline = time.monotonic() + within_s
        while not (found := await self.run(script)):
            if time.monotonic() > deadline:
                seen = await self.run("return document.body.innerText")
                raise AssertionError(f"not within {within_s} s: {what}; the page says: {seen}")
            await asyncio.sleep(0.2)
        return found

    async def _find(self, using: str, value: str) -> str:
        deadline = time.monotonic() + 20
        while True:
            try:
                found = await self.command("WebDriver:FindElement", using=using, value=value)
                return str(found[ELEMENT])
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def _read(self) -> Any:
        length = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(length[:-1])))

    async def hello(self) -> None:
        await asyncio.wait_for(self._read(), ANSWERS_WITHIN_S)
        await self.command("WebDriver:NewSession", capabilities={})


@contextlib.asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """A fresh headless Firefox with a fake camera and microphone; ended by its id, whatever happens."""
    program = shutil.which(FIREFOX)
    assert program is not None, "firefox-esr is missing: run tests/prepare"
    port = free_port()
    profile = folder / "firefox"
    profile.mkdir()
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in {**PREFERENCES, "marionette.port": port}.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    environment = {**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1", "MOZ_HEADLESS": "1"}
    with (folder / "firefox.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)),
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    writer: asyncio.StreamWriter | None = None
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while writer is None:
            assert process.returncode is None, (folder / "firefox.log").read_text()
            assert time.monotonic() < deadline, "Firefox did not open its Marionette port"
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.2)
        browser = Firefox(reader, writer)
        await browser.hello()
        yield browser
    finally:
        if writer is not None:
            writer.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # its content processes are in the same session
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
