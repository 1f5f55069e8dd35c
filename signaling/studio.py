"""Recording, and the end of the class (pure): both wait for the media worker's word, and neither can be stopped by its absence.

    open ──end class, or an hour overdue with nobody leading──► ending ──capture flushed, or 8 s──► over

Facts follow the worker: `RecordingStarted` after it confirmed, `LessonEnded` after everything is on the disk, so that whoever
makes the replay finds all of it. `LessonEnding` is told at once: a process that dies in between ends the class when it is back.
"""

from collections.abc import Callable, Collection
from typing import Final, Literal

from media import control
from signaling import events, facts
from signaling.effects import Broadcast, Close, Effect, Forward, Publish, Send
from signaling.place import Place
from signaling.ports import LessonInfo
from signaling.recorder import Phase, Recorder
from signaling.relay import Relay
from signaling.roster import iso
from signaling.vocabulary import PeerId

OVERDUE_S: Final = 3_600.0
FLUSH_S: Final = 8.0
SILENT_S: Final = 7.0
"""A heartbeat and two seconds for its way: who is silent for longer when class ends was gone before (a network dies mute)."""
LOOK_S: Final = 0.5
"""How often a room looks whether something is due. Leaves are dated exactly all the same."""

DIRECT_TROUBLE: Final = {"disk": "disk-error"}


class Studio(Relay):
    def __init__(self, info: LessonInfo, new_id: Callable[[], str], capture_directory: Callable[[str], str]) -> None:
        super().__init__(info, new_id)
        self.recorder = Recorder()
        self.state: Literal["open", "ending", "over"] = "open"
        self._directory = capture_directory
        self._capture_asked = False  # a StartCapture for a recording that is on is on its way
        self._ended_at = 0.0
        self._ended_by = ""
        self._looked_at = float("-inf")
        self._warned: tuple[str | None, set[PeerId]] = (None, set())

    # -- the clock --------------------------------------------------------------------------------------------------

    def deadline(self) -> float:
        """When `on_deadline` may have something to do."""
        return float("inf") if self.state == "over" else self._looked_at + LOOK_S

    def on_deadline(self, now: float) -> list[Effect]:
        if now < self.deadline():
            return []
        self._looked_at = now
        if self.state == "ending":
            return self._finish(now) if now >= self._ended_at + FLUSH_S else []
        effects = self._look_after_places(now)
        if self.overdue(now):
            return effects + self.end("schedule", now)
        return effects + self._record_by_itself(now) + self._capture_again(now) + self._warn_leaders()

    def overdue(self, now: float) -> bool:
        """An hour after its end and nobody leads."""
        return now >= self.info.ends_at.timestamp() + OVERDUE_S and not any(
            place.role == "instructor" and place.connected for place in self.places.values()
        )

    # -- recording --------------------------------------------------------------------------------------------------

    def _start_recording(self, place: Place) -> list[Effect]:
        if self.recorder.phase is not Phase.OFF:
            return []
        if self.media == "moving":
            return self._error(place, "media-unavailable", "start-recording")
        return self._start_capture(self.recorder.start(place.peer, self._new_id()))

    def _stop_recording(self, place: Place, now: float) -> list[Effect]:
        if self.recorder.phase is not Phase.ON:
            return []
        return self._stop_capture(place.peer, now)

    def _record_by_itself(self, now: float) -> list[Effect]:
        """The lesson is to be recorded and nobody ever pressed the button: begin when the instructor is on air."""
        recorder = self.recorder
        if (
            not self.info.auto_record
            or recorder.recording is not None
            or recorder.phase is not Phase.OFF
            or self.media == "moving"
            or now < max(self.info.starts_at.timestamp(), recorder.retry_at)
        ):
            return []
        for place in self.places.values():
            if place.role == "instructor" and place.connected and place.publishing.current is not None:
                return self._start_capture(recorder.start(place.peer, self._new_id()))
        return []

    def _start_capture(self, capture: control.CaptureId) -> list[Effect]:
        return [
            Forward(control.StartCapture(request=0, room=self.room, capture=capture, directory=self._directory(capture))),
        ]

    def _stop_capture(self, by: PeerId | None, now: float) -> list[Effect]:
        assert self.recorder.recording is not None, "what is on has an id"
        self.recorder.stop(by, now)
        if self.media == "moving":
            return self._receive_stopped()  # nobody writes: nothing to wait for
        return [
            Forward(control.StopCapture(request=0, room=self.room, capture=control.CaptureId(self.recorder.recording))),
        ]

    def _capture_again(self, now: float) -> list[Effect]:
        """The recording is on but not written: after the worker was replaced, or after a failure."""
        recorder = self.recorder
        if recorder.phase is not Phase.ON or recorder.captured or self._capture_asked or self.state != "open":
            return []
        if self.media == "moving" or now < recorder.retry_at or recorder.recording is None:
            return []
        self._capture_asked = True
        return self._start_capture(control.CaptureId(recorder.recording))

    def _receive_capture_started(self, reply: control.Reply, now: float) -> list[Effect]:
        recorder = self.recorder
        done = isinstance(reply, control.Done)
        if recorder.phase is Phase.STARTING:
            if done:
                recorder.started(now)
                assert recorder.recording is not None, "a started recorder has an id"
                started = facts.RecordingStarted(**self._mark(now), recording=recorder.recording, by=recorder.by or "")
                effects: list[Effect] = [Publish(started), *self._tell_recording()]
                return effects + (self._stop_capture(None, now) if self.state == "ending" else [])
            return self._could_not_record(reply, now)
        self._capture_asked = False
        recorder.captured = done
        if done:
            return self._trouble(None)
        recorder.retry_at = now + 2.0
        trouble = DIRECT_TROUBLE.get(reply.code) if isinstance(reply, control.Failed) else None
        return self._trouble(trouble) if trouble else []

    def _could_not_record(self, reply: control.Reply, now: float) -> list[Effect]:
        by = self.recorder.by
        self.recorder.failed(now)
        if self.state == "ending":
            return self._finish(now)
        place = self.places.get(by) if by is not None else None
        disk = isinstance(reply, control.Failed) and reply.code in DIRECT_TROUBLE
        code = "recording-no-storage" if disk else "recording-failed"
        return self._error(place, code, "start-recording") if place is not None else []

    def _receive_stopped(self) -> list[Effect]:
        """Everything is on the disk, or nobody can say: either way the stretch is over."""
        recorder = self.recorder
        if recorder.phase is not Phase.STOPPING:
            return []
        assert recorder.recording is not None, "only what was started stops"
        recorder.stopped()
        mark = self._mark(recorder.stopped_at)
        return [
            Publish(facts.RecordingStopped(**mark, recording=recorder.recording, by=recorder.by or "")),
            *self._tell_recording(),
        ]

    def _receive_capture_stopped(self, now: float) -> list[Effect]:
        effects = self._receive_stopped()
        return effects + (self._finish(now) if self.state == "ending" else [])

    def _receive_trouble(self, event: control.CaptureTrouble) -> list[Effect]:
        match event.code:
            case "disk-low":
                self.recorder.warning = "disk-low"
                return self._warn_leaders()
            case "disk-enough":
                self.recorder.warning = None
                return [Send(place.peer, events.Trouble(code="recording-disk-enough")) for place in self._leaders()]
            case "recovered":
                return self._trouble(None)
            case _:
                return self._trouble(event.code)

    def _trouble(self, code: str | None) -> list[Effect]:
        """Everybody is told once what stopped the recording, and once that it goes on."""
        recorder = self.recorder
        if code == recorder.trouble:
            return []
        recorder.trouble = code
        self._warned = (code or recorder.warning, {place.peer for place in self._leaders()})
        return [Broadcast(events.Trouble(code=f"recording-{code or 'recovered'}"))]

    def _warn_leaders(self) -> list[Effect]:
        """Instructors hear once of what is or will be wrong with the recording, also who comes later."""
        wrong = self.recorder.trouble or self.recorder.warning
        if wrong != self._warned[0]:
            self._warned = (wrong, set())
        if wrong is None:
            return []
        told = self._warned[1]
        new = [place.peer for place in self._leaders() if place.peer not in told]
        told.update(new)
        return [Send(peer, events.Trouble(code=f"recording-{wrong}")) for peer in new]

    def _leaders(self) -> list[Place]:
        return [place for place in self.places.values() if place.role == "instructor" and place.connected]

    def _tell_recording(self) -> list[Effect]:
        recorder = self.recorder
        return [
            Broadcast(
                events.RecordingChanged(
                    seq=self._next(),
                    recording="on" if recorder.on else "off",
                    recording_since=iso(recorder.since) if recorder.since is not None else None,
                    recorded_s=round(recorder.recorded_s, 3),
                )
            )
        ]

    # -- the relay comes and goes -----------------------------------------------------------------------------------

    def lose_media(self, now: float) -> list[Effect]:
        self.recorder.captured = False
        self.recorder.trouble = self.recorder.warning = None  # another worker, perhaps another disk
        self._capture_asked = False
        return super().lose_media(now)

    def change_home(self, kept: Collection[control.PeerId], now: float) -> list[Effect]:
        """The recording goes on at the new home, with a gap."""
        recorder = self.recorder
        recorder.captured = self._capture_asked = False
        recorder.retry_at = now if recorder.on else recorder.retry_at
        return super().change_home(kept, now) + self._capture_again(now)

    def interrupt_capture(self) -> control.StopCapture | None:
        """For the worker that writes now, before another goes on writing (`capture_moved`)."""
        recorder = self.recorder
        if not recorder.on or recorder.recording is None:
            return None
        return control.StopCapture(request=0, room=self.room, capture=control.CaptureId(recorder.recording), interrupted=True)

    def capture_moved(self, now: float) -> list[Effect]:
        """The worker the room left has written everything: the recording goes on at the new home, with a gap."""
        recorder = self.recorder
        recorder.captured = self._capture_asked = False
        recorder.retry_at = now if recorder.on else recorder.retry_at
        return self._capture_again(now)

    def gain_media(self, state: control.RoomState | None, now: float) -> list[Effect]:
        effects = super().gain_media(state, now)
        running = state.captures if state is not None else []
        recorder = self.recorder
        recorder.captured = recorder.on and recorder.recording in running
        if self.state == "ending" and recorder.phase is Phase.ON:
            return effects + self._stop_capture(None, self._ending_since())
        if not recorder.on and recorder.phase is Phase.OFF:
            effects += [Forward(control.StopCapture(request=0, room=self.room, capture=capture)) for capture in running]
        recorder.retry_at = now if recorder.on else recorder.retry_at
        return effects + self._capture_again(now)

    # -- the end ----------------------------------------------------------------------------------------------------

    def end(self, by: str, now: float) -> list[Effect]:
        """Over for everybody. The people are sent off at once, the facts follow when the recording is safe."""
        if self.state != "open":
            return []
        self.state, self._ended_at, self._ended_by = "ending", now, by
        effects: list[Effect] = [Publish(facts.LessonEnding(**self._mark(now), by=by))]
        for slot in list(self.slots):
            effects += self._set_slot(slot, None, now)
        for place in list(self.places.values()):
            here = place.connected and now - place.last_seen <= SILENT_S
            effects += self._uncount(place, now if here else place.last_seen, "ended" if here else "lost")
            effects.append(Close(place.peer, "class-ended"))
        self.places.clear()
        self.hands.clear()
        if self.recorder.phase is Phase.ON:
            effects += self._stop_capture(None, now)
        if self.recorder.phase is Phase.OFF:
            effects += self._finish(now)
        return effects

    def remember_ending(self, by: str, at: float) -> None:
        """From the log: the end was asked for, and this process died before it could say that it was reached."""
        self.state, self._ended_at, self._ended_by = "ending", at, by

    def _ending_since(self) -> float:
        """When the last stretch of the recording stopped: with the class, unless it began even later."""
        return max(self._ended_at, self.recorder.since or 0.0)

    def _finish(self, now: float) -> list[Effect]:
        """Idempotent: the flush may be answered after we stopped waiting."""
        if self.state != "ending":
            return []
        if self.recorder.phase is Phase.ON:  # its start was confirmed after the end was asked for, and its stop is not
            self.recorder.stop(None, self._ending_since())
        effects = self._receive_stopped()
        self.state = "over"
        mark = self._mark(self._ended_at)
        effects += [
            Publish(facts.LessonEnded(**mark, by=self._ended_by)),
            Forward(control.CloseRoom(request=0, room=self.room)),
        ]
        return effects
