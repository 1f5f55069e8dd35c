"""Which voices is everybody sent? At most four, the instructor's always (pure).

Each voice costs every viewer 50 packets a second, spoken or silent, and nobody follows more than four. Who begins to speak gets
the place of whoever has been silent longest, if that is long enough: turns of a lively talk do not push each other out.
"""

from collections.abc import Sequence

from media.publication import Publication
from media.speakers import Speakers

AUDIBLE = 4
SILENT_S = 2.0
SPEAKING_S = 0.5


def choose_audible(voices: Sequence[Publication], speakers: Speakers, now: float) -> set[Publication]:
    """The voices to send. voices: everybody's who has a slot; `is_audible` says who is sent so far."""
    fixed = [voice for voice in voices if voice.lead or voice.source == "screen-audio"]
    others = [voice for voice in voices if voice not in fixed]
    places = max(0, AUDIBLE - len(fixed))
    if len(others) <= places:
        return set(voices)
    heard = {voice: speakers.heard_at(voice.owner) for voice in others}
    kept = sorted((v for v in others if v.is_audible), key=lambda v: heard[v], reverse=True)[:places]
    for voice in sorted((v for v in others if v not in kept), key=lambda v: heard[v], reverse=True):
        if len(kept) < places:
            kept.append(voice)
        elif kept and now - heard[voice] < SPEAKING_S:
            quietest = min(kept, key=lambda v: heard[v])
            if now - heard[quietest] >= SILENT_S:
                kept[kept.index(quietest)] = voice
    return {*fixed, *kept}
