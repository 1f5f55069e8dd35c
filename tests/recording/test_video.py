"""What a file may be, by its first bytes: one demuxer or a refusal, never ffmpeg's own guess."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.video import PROBE_S, Probe, VideoRefused, build_video, demuxer_of, look


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (b"\0\0\0\x18ftypmp42", "mov"),
        (b"\x1a\x45\xdf\xa3\x01", "matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
        ((b"\x47" + bytes(187)) * 4, "mpegts"),
        (b"\x00\x00\x01\xba\x44", "mpeg"),
    ],
)
def test_a_video_is_opened_by_its_own_demuxer(head: bytes, demuxer: str) -> None:
    assert demuxer_of(head) == demuxer


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "video-unknown"),
        (b"\xef\xbb\xbf#EXTM3U\n/etc/passwd", "video-playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "video-playlist"),
        (b"<?xml version='1.0'?><MPD>", "video-playlist"),
        (b"[playlist]\nFile1=http://x", "video-playlist"),
        (b"PK\x03\x04", "video-archive"),
        (b"\x7fELF", "video-program"),
        (b"#!/bin/sh\nrm", "video-program"),
        (b"%PDF-1.7", "video-document"),
        (b"  <svg>", "video-document"),
        (b"RIFF\0\0\0\0WAVE", "video-unknown"),
    ],
)
def test_anything_else_is_refused_by_what_it_is(head: bytes, code: str) -> None:
    with pytest.raises(VideoRefused) as refused:
        demuxer_of(head)
    assert refused.value.code == code


@given(st.binary(max_size=800))
def test_no_bytes_do_more_than_that(head: bytes) -> None:
    with suppress(VideoRefused):
        assert demuxer_of(head) in {"mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts"}


def test_every_input_is_forced_and_stays_in_the_file(tmp_path: Path) -> None:
    probe = Probe("avi", 60.0, 640, 480, "mpeg4", "", "yuv420p", "mp3")
    for each in (probe, Probe("mov", 60.0, 640, 480, "h264", "avc1.64001e", "yuv420p", "aac")):
        arguments = build_video(tmp_path / "a.part", each, tmp_path / "b.mp4")
        before = arguments[: arguments.index("-i")]
        assert before[before.index("-f") + 1] == each.demuxer
        assert before[before.index("-protocol_whitelist") + 1] == "file,pipe"
    assert "copy" in arguments
    assert "libx264" in build_video(tmp_path / "a.part", probe, tmp_path / "b.mp4")


async def test_a_file_that_only_begins_like_a_video_is_looked_at_within_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.part"
    await asyncio.to_thread(path.write_bytes, b"\0\0\0\x18ftypmp42" + b"\xff" * 200_000)
    began_s = time.monotonic()
    with pytest.raises(VideoRefused) as refused:
        await look(path)
    assert refused.value.code in ("video-broken", "video-slow", "video-no-picture")
    assert time.monotonic() - began_s < PROBE_S + 10
