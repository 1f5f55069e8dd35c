"""Mails: every one once, whatever the server does."""

import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from classroom.store.messages import CLAIMED_FOR
from tests.web.garden import GARDEN, apply, later, make
from tests.web.world import World
from web.mail import AT_ONCE, PATIENCE_S, FolderTransport, Mailer, SmtpTransport


async def mails_of(world: World, transport: Any) -> int:
    mailer = Mailer(
        world.store,
        transport,
        sender="no-reply@learn.example.kr",
        public_url="https://learn.example.kr",
        now=lambda: datetime.now(UTC) + world.ahead,
    )
    tried = 0
    while number := await mailer.round():
        tried += number
    return tried


def test_without_a_server_mail_becomes_files(world: World, tmp_path: Path) -> None:
    make(world)
    apply(world, "resident01")
    assert world.query(mails_of, world, FolderTransport(tmp_path / "mail")) == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "resident01@demo.example"
    assert mail["Subject"] == "정원 가꾸기: 수강이 확정되었습니다"
    body = mail.get_content()  # type: ignore[attr-defined]
    assert f"https://learn.example.kr{GARDEN}" in body
    assert world.query(mails_of, world, FolderTransport(tmp_path / "mail")) == 0


def test_a_slow_server_is_not_handed_a_mail_twice_by_two_processes() -> None:
    assert AT_ONCE * timedelta(seconds=2 * PATIENCE_S) < CLAIMED_FOR


class Stumbling:
    """Hands in all but the first, which cannot even be written."""

    def __init__(self) -> None:
        self.to: list[str] = []
        self.stumbled = False

    async def deliver(self, mail: Any) -> None:
        if not self.stumbled:
            self.stumbled = True
            raise ValueError("no such header")
        self.to.append(mail["To"])


def test_a_mail_that_cannot_be_written_does_not_hold_up_those_behind_it(world: World) -> None:
    make(world)
    apply(world, "resident01")
    apply(world, "resident02")
    transport = Stumbling()
    assert world.query(mails_of, world, transport) == 2
    assert transport.to == ["resident02@demo.example"]
    later(world, minutes=2)
    assert world.query(mails_of, world, transport) == 1
    assert transport.to == ["resident02@demo.example", "resident01@demo.example"]


class Box:
    """A server that refuses the first mail for now."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refusals = 1

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 come back later"
        self.mails.append(envelope)
        return "250 OK"


def test_a_server_that_refuses_is_asked_again_later(world: World) -> None:
    make(world)
    apply(world, "resident01")
    box = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}")
        assert world.query(mails_of, world, transport) == 1
        assert box.mails == []
        assert world.query(mails_of, world, transport) == 0, "not before its time"
        later(world, minutes=2)
        assert world.query(mails_of, world, transport) == 1
        (mail,) = box.mails
        assert mail.rcpt_tos == ["resident01@demo.example"]
        later(world, days=9)
        assert world.query(mails_of, world, transport) == 0, "once is enough"
    finally:
        server.stop()
