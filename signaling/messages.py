"""The wire protocol between a browser and a room, defined once.

`requests` go from a browser to the server; `replies` from the server to one browser, `events` to everybody in the room. They are
made of `views` (what a snapshot holds) and the `vocabulary`; here they become what one frame may be.

`signaling/typings.py` writes the browser's copy (`web/static/js/messages.js`); `signaling/PROTOCOL.md` explains every message;
a test compares all three. A message is one JSON object in one text frame, told apart by its literal `type`.

Order of a connection: `hello` → `welcome` (a whole snapshot) → events. Every event that changes the room carries the room's
running number `seq`, so that *old snapshot + events = new snapshot* can be checked. A dropped connection says `hello` again with
`resume` and gets a fresh snapshot under the same peer id.
Times are UTC ISO 8601 with milliseconds; the client shows them in Asia/Seoul.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from media.control import UNIQUE
from signaling.events import Passing, RoomEvent
from signaling.replies import Reply
from signaling.requests import ClientMessage
from signaling.vocabulary import Message

Single = Annotated[Reply | RoomEvent | Passing, Field(discriminator="type")]


class Batch(Message):
    """Several messages in one frame, to be taken in order: a busy room sends a few frames a second, not hundreds."""

    type: Literal["batch"] = "batch"
    messages: list[Single]


ServerMessage = Annotated[Reply | RoomEvent | Passing | Batch, Field(discriminator="type")]

CLIENT_MESSAGE: TypeAdapter[Any] = TypeAdapter(ClientMessage, config=UNIQUE)
SERVER_MESSAGE: TypeAdapter[Any] = TypeAdapter(ServerMessage, config=UNIQUE)
