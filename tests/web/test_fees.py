"""What a course costs: settled by hand, and by a gateway."""

from datetime import UTC, datetime

import pytest

from classroom.fees import Charge
from tests.web.garden import ADMIN, GARDEN, apply, make
from tests.web.world import World
from web.rounds import Rounds
from web.wiring import CannotStart, load_gateway


def test_approval_and_a_fee_are_settled_on_the_administrators_page(world: World) -> None:
    make(world, mode="approval", fee_won="30000")
    apply(world, "resident01")
    assert "30,000원" in world.get(GARDEN).text
    page = world.get(ADMIN, "suwon").text
    person = page.split(f"{ADMIN}/applications/")[1].split('"')[0]
    for action, done in (("accept", "accepted"), ("settle", "settled")):
        answer = world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": action, "note": "현금"})
        assert f"done={done}" in answer.headers["location"]
    assert "30,000원 냄" in world.get(ADMIN, "suwon").text
    again = world.post(f"{ADMIN}/applications/{person}", "suwon", data={"action": "settle"})
    assert (again.status_code, "이미 처리한 수강료입니다" in again.text) == (409, True)


class Till:
    """A payment gateway as an installation might bring one: what it was told is paid is paid, and it stumbles over strangers."""

    def __init__(self) -> None:
        self.paid: set[str] = set()
        self.given_back: list[int] = []

    async def address(self, charge: Charge) -> str:
        return f"https://pay.example/{charge.person}/{charge.won}"

    async def is_paid(self, charge: Charge) -> bool:
        if charge.person not in self.paid:
            raise ConnectionError("nobody there")
        return True

    async def give_back(self, charge: Charge) -> bool:
        self.given_back.append(charge.refund_won)
        return True


def test_a_payment_gateway_takes_fees_and_gives_them_back(world: World) -> None:
    make(world, fee_won="30000", capacity="3")
    till = load_gateway("tests.web.test_fees:Till")
    assert isinstance(till, Till)
    object.__setattr__(world.app.state.services, "payments", till)
    rounds = Rounds(world.store, lambda: datetime.now(UTC) + world.ahead, till)
    for who in ("resident01", "resident02"):
        apply(world, who)
    page = world.get(GARDEN, "resident02").text
    assert "결제하기" in page
    till.paid.add(page.split("https://pay.example/")[1].split("/")[0])
    world.query(rounds.round)
    assert "결제하기" not in world.get(GARDEN, "resident02").text
    assert "결제하기" in world.get(GARDEN, "resident01").text, "it failed over this one, and goes on asking"
    assert world.get(ADMIN, "suwon").text.count("30,000원 냄") == 1
    apply(world, "resident02", "cancel")
    world.query(rounds.round)
    world.query(rounds.round)
    assert till.given_back == [30_000]
    assert "30,000원" in world.get("/me/messages", "resident02").text


@pytest.mark.parametrize("named", ["nowhere.to.be:Found", "tests.web.test_fees:Absent", "tests.web.test_fees", ":"])
def test_a_gateway_that_cannot_be_used_ends_the_start_with_a_sentence(named: str) -> None:
    with pytest.raises(CannotStart, match="CLASSROOM_PAYMENTS"):
        load_gateway(named)
