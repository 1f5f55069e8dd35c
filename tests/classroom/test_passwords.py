"""Hashing passwords: never on the loop, never many at once, as much work for nobody as for somebody."""

import asyncio
import threading

import pytest

from classroom.passwords import AT_ONCE, Passwords


def cheap() -> Passwords:
    return Passwords(memory_kib=64, rounds=1)


async def test_the_right_password_is_right_and_nothing_else_is() -> None:
    passwords = cheap()
    known = await passwords.hash("수업에 들어갑니다")
    assert known.startswith("$argon2id$")
    assert await passwords.verify("수업에 들어갑니다", known)
    assert not await passwords.verify("수업에 들어갑니다 ", known)
    assert not await passwords.verify("수업에 들어갑니다", None)
    assert not await passwords.verify("x", "not a hash")


async def test_an_unknown_account_costs_one_verification_too(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = cheap()
    known = await passwords.hash("password")
    verified: list[str] = []
    whole = passwords._verify

    def counting(password: str, password_hash: str) -> bool:
        verified.append(password_hash)
        return whole(password, password_hash)

    monkeypatch.setattr(passwords, "_verify", counting)
    await passwords.verify("guess", known)
    await passwords.verify("guess", None)
    assert len(verified) == 2
    assert all(each.startswith("$argon2id$v=19$m=64,t=1,") for each in verified)


async def test_a_crowd_signing_in_waits_its_turn_off_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = cheap()
    known = await passwords.hash("password")
    inside, most = 0, 0
    lock = threading.Lock()
    gate = threading.Event()

    def slow(password: str, password_hash: str) -> bool:
        nonlocal inside, most
        assert threading.current_thread() is not threading.main_thread()
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == AT_ONCE:
                gate.set()
        gate.wait(5)
        with lock:
            inside -= 1
        return True

    monkeypatch.setattr(passwords, "_verify", slow)
    assert all(await asyncio.gather(*(passwords.verify("x", known) for _ in range(10))))
    assert most == AT_ONCE
