"""Which publication has which slot? (pure)

camera-0 and audio-0 are the instructor's. A publication of the same owner and source takes over its predecessor's slot. Voices
sit at the number of their owner's camera when they can: those two share a stream and so stay in lip-sync. When more people
speak than there are audio slots, whoever was heard last has one.
"""

from media.publication import Publication
from media.slots import AUDIO_SLOTS, CAMERA_SLOTS, SCREEN, STAGE
from media.speakers import Speakers

STEAL_AFTER_S = 2.0
"""Silence after which a slot may go to somebody who speaks."""


class Seating:
    """Slot name → publication, and who waits for a slot."""

    def __init__(self) -> None:
        self.carried: dict[str, Publication] = {}
        self._waiting: list[Publication] = []

    def slot_of(self, publication: Publication) -> str | None:
        """The (own) slot of a publication; the stage is nobody's own."""
        return next((name for name, p in self.carried.items() if p is publication and name != STAGE.name), None)

    def take(self, publication: Publication) -> list[str]:
        """Seat a publication whose media comes; names of the slots that changed."""
        publication.wants_seat = False
        if self.slot_of(publication) is not None:
            return []
        names = self._seats(publication)
        chosen = next((n for n in names if n in self.carried and self._may_replace(self.carried[n], publication)), None)
        chosen = chosen or next((n for n in names if n not in self.carried), None)
        if chosen is None:
            if publication not in self._waiting:
                self._waiting.append(publication)
            return []
        return self._set(chosen, publication)

    def free(self, publication: Publication) -> list[str]:
        """The publication ended or stopped; names of the slots that changed."""
        if publication in self._waiting:
            self._waiting.remove(publication)
        name = self.slot_of(publication)
        if name is None:
            return []
        changed = self._set(name, None)
        for waiting in list(self._waiting):
            if name in self._seats(waiting) and not waiting.is_gone:
                return changed + [n for n in self._set(name, waiting) if n not in changed]
        return changed

    def hear(self, speakers: Speakers, now: float) -> list[str]:
        """Give the audio slot silent for longest to somebody who speaks and has none; names of the slots that changed."""
        for waiting in self._waiting:
            if waiting.source != "microphone" or now - speakers.heard_at(waiting.owner) > 0.5:
                continue
            silent = [
                (speakers.heard_at(p.owner), name)
                for name in self._seats(waiting)
                if (p := self.carried.get(name)) is not None and p.source == "microphone" and not p.lead
            ]
            if not silent or now - min(silent)[0] < STEAL_AFTER_S:
                return []
            name = min(silent)[1]
            return self._set(name, waiting)
        return []

    def _set(self, name: str, publication: Publication | None) -> list[str]:
        if publication is None:
            self.carried.pop(name, None)
        else:
            if publication in self._waiting:
                self._waiting.remove(publication)
            self._displace(self.carried.get(name), publication)
            self.carried[name] = publication
        return [name, *self.restage()]

    def restage(self) -> list[str]:
        """Let the stage carry what comes first; its name when that changed."""
        stage = next((self.carried[n] for n in (SCREEN.name, *(k.name for k in CAMERA_SLOTS)) if n in self.carried), None)
        if stage is self.carried.get(STAGE.name):
            return []
        if stage is None:
            del self.carried[STAGE.name]
        else:
            self.carried[STAGE.name] = stage
        return [STAGE.name]

    def _displace(self, old: Publication | None, new: Publication) -> None:
        """Who is replaced by somebody else waits; who is replaced by its own successor does not come back."""
        if old is not None and not old.is_gone and (old.owner, old.source) != (new.owner, new.source):
            self._waiting.append(old)

    def _may_replace(self, old: Publication, new: Publication) -> bool:
        if old.is_gone or (old.owner, old.source) == (new.owner, new.source):
            return True
        return new.source == "screen" and new.lead and not old.lead

    def _seats(self, publication: Publication) -> list[str]:
        cameras = [kind.name for kind in CAMERA_SLOTS]
        voices = [kind.name for kind in AUDIO_SLOTS]
        if publication.source == "screen":
            return [SCREEN.name]
        if publication.source == "camera":
            return cameras if publication.lead else cameras[1:]
        if publication.source == "screen-audio":
            return voices[:0:-1]
        if publication.lead:
            return voices
        beside = next((n for n, p in self.carried.items() if p.owner == publication.owner and n in cameras[1:]), None)
        preferred = voices[cameras.index(beside)] if beside is not None else None
        return [preferred, *(n for n in voices[1:] if n != preferred)] if preferred else voices[1:]
