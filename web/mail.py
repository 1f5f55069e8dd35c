"""Mail: the queue in the database → an SMTP server, or files while none is named.

Handed in at least once: a mail is claimed for some minutes, sent, and marked; a process that dies in between leaves it to be sent
again, under the same Message-ID. A server that refuses is asked again later and later (`classroom.messages.RETRY_AFTER`).
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from web.i18n import Language, text
from web.letters import knows, letter_of
from web.services import Store

log = structlog.get_logger()
EVERY_S = 2.0
PATIENCE_S = 20.0
AT_ONCE = 6
"""Claimed together: however slow the server, the last is handed in before another process may claim it."""


class Transport(Protocol):
    async def deliver(self, mail: EmailMessage) -> None:
        """Raises OSError or aiosmtplib.SMTPException when it could not be handed in."""


class SmtpTransport:
    """smtp:// with STARTTLS where the server offers it (demanded once a password is given), smtps:// with TLS from the start."""

    def __init__(self, url: str, context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._context = context

    async def deliver(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(
            mail,
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=None if self._tls or self._user is None else True,
            tls_context=self._context,
            timeout=PATIENCE_S,
        )


class FolderTransport:
    """One .eml a mail, readable by the operator only: for trials, and until there is a server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, mail: EmailMessage) -> None:
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = mail["Message-ID"].strip("<>").partition("@")[0]
        partial = self._folder / f"{name}.partial"
        partial.write_bytes(bytes(mail))
        partial.replace(self._folder / f"{name}.eml")


class Mailer:
    """Empties the queue, one mail after the other."""

    def __init__(self, store: Store, transport: Transport, *, sender: str, public_url: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._transport = transport
        self._sender = sender
        self._public_url = public_url
        self._now = now

    async def forever(self) -> None:
        while True:
            try:
                while await self.round():
                    pass
            except Exception as error:
                log.error("! mail round failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def round(self) -> int:
        """Send what is due now; returns how many were tried."""
        async with self._store.writing() as uow:
            claimed = await uow.mails.claim(self._now(), AT_ONCE)
        for row in claimed:
            try:
                if row.email is not None and knows(row.kind):
                    await asyncio.wait_for(self._transport.deliver(self._written(row)), PATIENCE_S * 2)
            except Exception as error:
                # Whatever it is, also a mail that cannot be written: one must not hold up all those behind it for good.
                # Neither address nor words: the log is no place for either.
                log.warning("! mail not handed in", mail=row.number, tries=row.tries, error=type(error).__name__)
                async with self._store.writing() as uow:
                    await uow.mails.failed(row.number, row.tries, self._now())
                continue
            async with self._store.writing() as uow:
                await uow.mails.sent(row.number, self._now())
        return len(claimed)

    def _written(self, row: Any) -> EmailMessage:
        language: Language = "en" if row.locale == "en" else "ko"
        letter = letter_of(row.kind, row.data, language)
        host = urlsplit(self._public_url).hostname or "localhost"
        mail = EmailMessage()
        mail["From"] = f"{text(language, 'brand.full')} <{self._sender}>"
        mail["To"] = row.email
        mail["Subject"] = letter.title
        mail["Date"] = format_datetime(row.queued_at)
        mail["Message-ID"] = f"<mail-{row.number}@{host}>"
        mail["Auto-Submitted"] = "auto-generated"
        parts = [letter.words]
        if letter.href:
            parts.append(self._public_url + letter.href)
        parts.append(f"-- \n{text(language, 'brand.full')}\n{text(language, 'mail.footer')}")
        mail.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
        return mail


def sender_of(mail_from: str, public_url: str) -> str:
    """The configured sender, else one at the host people know."""
    return mail_from or f"no-reply@{urlsplit(public_url).hostname or 'localhost'}"
