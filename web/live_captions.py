"""What was written as captions in class → the replay's captions (pure), while class goes on and after it.

Film and transcript take them from the replay.

A line is sent when it has been typed, so what it says was said before: it is moved forward by about the time the typing took, and
stays until the next one, or as long as it takes to read.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from classroom.events import Fact
from recording.captions import Cue
from recording.manifest import Captions, Timed

FACT: Final = "caption-posted"
TYPED_PER_S: Final = 8.0
"""Characters. Hangul syllables count as one and take three strokes; a stenographer is quicker, a teacher slower."""
MOST_BEFORE_S: Final = 4.0
READ_PER_S: Final = 7.0
SHORTEST_S: Final = 1.5
LONGEST_S: Final = 7.0
LABELS: Final = {"ko": "한국어", "en": "English"}


def live_captions(facts: Sequence[Fact], replay: Timed) -> list[tuple[Captions, list[Cue]]]:
    """One file for each language that was written in; nothing of what was written while nothing was recorded."""
    made = []
    for language, label in LABELS.items():
        lines = [fact for fact in facts if fact.type == FACT and fact.data["language"] == language]
        cues = _cues(lines, replay)
        if cues:
            assert language in ("ko", "en"), "the wire says so"
            made.append((Captions(language=language, label=label, file=f"captions-{language}-class.vtt"), cues))
    return made


def _cues(lines: Sequence[Fact], replay: Timed) -> list[Cue]:
    begun = []
    for fact in sorted(lines, key=lambda each: each.at):
        text = str(fact.data["text"])
        said_at = fact.at - timedelta(seconds=min(MOST_BEFORE_S, len(text) / TYPED_PER_S))
        if any(said_at <= s.utc + timedelta(seconds=s.length_s) and fact.at >= s.utc for s in replay.clock):
            begun.append((replay.media_time(said_at), text))
    cues = []
    for number, (from_s, text) in enumerate(begun):
        to_s = from_s + min(LONGEST_S, max(SHORTEST_S, len(text) / READ_PER_S))
        if number + 1 < len(begun):
            to_s = min(to_s, max(begun[number + 1][0], from_s + 0.5))
        cues.append(Cue(round(from_s, 3), round(min(to_s, replay.duration_s), 3), text))
    return [cue for cue in cues if cue.to_s > cue.from_s]
