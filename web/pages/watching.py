"""What a replay's player tells while somebody watches: counted for them, and where they left off."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from classroom.actions.certificates import issue_earned
from classroom.actions.study import completed_by_watching
from classroom.actions.watching import hear_beacon
from classroom.errors import NotFound, Refused
from classroom.people import Viewer
from classroom.watching import Beacon, Stretch
from web import auth

router = APIRouter(include_in_schema=False)
Seconds = Annotated[float, Field(ge=0, le=10**7, allow_inf_nan=False)]


class BeaconIn(BaseModel):
    """Seconds of the recording, and seconds of the player's own clock."""

    model_config = ConfigDict(extra="forbid")

    player: str = Field(pattern=r"^[a-z0-9-]{8,40}$")
    sent_s: Seconds
    at_s: Seconds
    stretches: list[tuple[Seconds, Seconds, Seconds, Seconds]] = Field(max_length=300)
    """from, to (of the recording), began, ended (by the player's clock)."""

    def beacon(self) -> Beacon:
        return Beacon(self.player, self.sent_s, self.at_s, tuple(Stretch(*each) for each in self.stretches))


@router.post("/recordings/{recording}/watching")
async def watching(request: Request, recording: str, given: BeaconIn, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Answers what counts so far. Rights are asked anew: who may no longer watch is told so within a beacon."""
    services = auth.services_of(request)
    card = await services.store.queries.recording(recording, viewer)
    if card is None:
        raise NotFound
    if not card.recording.is_playable:
        raise Refused("recording-not-ready")
    async with services.store.writing() as uow:
        heard = await hear_beacon(uow, recording=card.recording, person=viewer.id, beacon=given.beacon(), now=services.now())
        for course in await completed_by_watching(uow, heard.watched, heard.more_s, heard.became_full):
            await issue_earned(uow, course, services.now(), people=[viewer.id])
    answer = {
        "seconds": round(heard.watched.seconds, 1),
        "share": round(heard.watched.share, 4),
        "full": heard.watched.is_full,
        "elsewhere": heard.elsewhere,
    }
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})
