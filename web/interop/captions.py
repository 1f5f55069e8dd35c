"""Captions from outside: a stenographer's program, or one that recognises speech, writes into the live room.

    curl -H "Authorization: Bearer $TICKET" -H "Content-Type: application/json" \\
      -d '{"text": "오늘은 함수를 배웁니다.", "language": "ko"}' http://127.0.0.1:8000/captions/$LESSON

answers 204. The ticket is one of `classroom token --role captioner`, which lets in to nothing but this and the picture.
Lines are shown at once to who switched captions on, and become captions of the replay.
"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from signaling.errors import Refused
from signaling.vocabulary import MAX_CAPTION_CHARACTERS, Language
from web.errors import json_error
from web.interop.whip import CORS, Rooms, bearer, refuse


class CaptionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_CAPTION_CHARACTERS)
    language: Language = "ko"


def router(rooms: Rooms) -> APIRouter:
    routes = APIRouter(tags=["captions"])

    @routes.post("/captions/{lesson}", status_code=204, response_class=Response)
    async def caption(request: Request, lesson: str) -> Response:
        """Show a line of what is being said."""
        try:
            ticket = bearer(request)
            given = CaptionIn.model_validate_json(await request.body())
            await rooms.caption(lesson, ticket, given.text, given.language)
        except Refused as refused:
            return refuse(refused.code)
        except ValidationError as error:
            fields = {".".join(map(str, each["loc"])) or "body": str(each["msg"]) for each in error.errors()}
            return json_error(422, "invalid", "The body must be JSON: text, and language (ko or en).", fields)
        return Response(status_code=204, headers=CORS)

    return routes
