"""One continuous track of sound out of many voices."""

from itertools import pairwise

import numpy as np
import pytest

from recording.mixer import FRAME, LINGER, RATE, SILENCE, TOLERANCE, Mixer, Sound, opus_length
from tests.recording.material import encode_sound


def say(mixer: Mixer, voice: str, from_s: float, count: int, step_s: float = 0.02) -> tuple[bytes, ...]:
    packets = encode_sound(10)[:count]
    for n, packet in enumerate(packets):
        mixer.receive(voice, from_s + n * step_s, packet)
    return packets


def assert_continuous(sounds: list[Sound]) -> None:
    assert sounds[0].start == 0
    assert all(before.start + before.length == after.start for before, after in pairwise(sounds))
    assert all(opus_length(sound.data) == sound.length for sound in sounds)


def test_one_voice_passes_untouched() -> None:
    mixer = Mixer()
    packets = say(mixer, "a", 0.5, 100)
    sounds = mixer.advance(4.0)
    assert_continuous(sounds)
    assert tuple(sound.data for sound in sounds if sound.data not in SILENCE.values()) == packets
    assert next(sound.start for sound in sounds if sound.data == packets[0]) == pytest.approx(0.5 * RATE, abs=120)
    assert mixer.mixed_samples == 0


def test_jitter_of_the_clock_makes_no_holes() -> None:
    mixer = Mixer()
    for n, packet in enumerate(encode_sound(10)[:200]):
        mixer.receive("a", n * 0.02 + (0.012 if n % 3 else -0.0), packet)
    sounds = mixer.advance(4.0)
    assert not any(sound.data in SILENCE.values() for sound in sounds[1:-2])


def test_a_loss_becomes_silence_of_its_length() -> None:
    mixer = Mixer()
    packets = encode_sound(10)
    for n in [*range(50), *range(60, 100)]:
        mixer.receive("a", n * 0.02, packets[n])
    sounds = mixer.advance(2.0)
    assert_continuous(sounds)
    assert sum(sound.length for sound in sounds if sound.data in SILENCE.values()) == 10 * FRAME
    assert next(sound.start for sound in sounds if sound.data == packets[60]) == 60 * FRAME


@pytest.mark.parametrize("error", [0.004, -0.004])
def test_a_wrong_sound_card_stays_within_the_tolerance(error: float) -> None:
    mixer = Mixer()
    packets = [bytes([0xF8, n >> 8, n & 255]) for n in range(1_500)]
    for n, packet in enumerate(packets):
        mixer.receive("a", n * 0.02 * (1 + error), packet)
    sounds = mixer.advance(1_500 * 0.02 * (1 + error))
    assert_continuous(sounds)
    for sound in sounds:
        if sound.data not in SILENCE.values():
            number = sound.data[1] << 8 | sound.data[2]
            assert abs(sound.start - number * FRAME * (1 + error)) <= TOLERANCE + FRAME


def test_voices_together_are_mixed_and_alone_again_passed() -> None:
    mixer = Mixer()
    packets = say(mixer, "a", 0.0, 500)
    say(mixer, "b", 2.0, 100)
    mixer.end_voice("b")
    sounds = mixer.advance(9.0)
    assert_continuous(sounds)
    assert mixer.mixed_samples == pytest.approx(2 * RATE + LINGER, abs=3 * FRAME)
    assert sounds[-1].data in packets
    assert sounds[10].data in packets


def test_two_equal_voices_are_twice_as_loud() -> None:
    import av

    def loudness(voices: int) -> float:
        mixer = Mixer()
        for voice in range(voices):
            say(mixer, str(voice), 0.0, 40)
        decoder = av.CodecContext.create("libopus", "r")
        decoder.format, decoder.layout, decoder.sample_rate = "s16", "stereo", RATE
        parts = [frame.to_ndarray() for sound in mixer.advance(0.8) for frame in decoder.decode(av.Packet(sound.data))]
        return float(np.sqrt(np.mean(np.concatenate(parts, axis=1)[:, 19_200:28_800].astype(float) ** 2)))

    assert loudness(2) == pytest.approx(2 * loudness(1), rel=0.15)


def test_nobody_is_silence_at_next_to_no_cost() -> None:
    sounds = Mixer().advance(10.0)
    assert_continuous(sounds)
    assert {sound.data for sound in sounds} == {SILENCE[FRAME]}


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"", 0),
        (b"\xf8\xff\xfe", 960),
        (b"\x00", 480),
        (b"\x18", 2880),
        (b"\x60", 480),
        (b"\x03", 0),
        (b"\x1b\x03", 0),
        (b"\xfb\x03", 2880),
    ],
)
def test_lengths_of_opus_packets(packet: bytes, samples: int) -> None:
    assert opus_length(packet) == samples


def test_rubbish_is_no_sound() -> None:
    mixer = Mixer()
    mixer.receive("a", 0.0, b"")
    mixer.receive("a", 0.0, b"\x03\x00")
    assert not mixer.heard
    say(mixer, "a", 0.0, 50)
    for n in range(50):
        mixer.receive("b", n * 0.02, b"\xfc" + bytes([n]) * 3)
    assert_continuous(mixer.advance(1.0))
