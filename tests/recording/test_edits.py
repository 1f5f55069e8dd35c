"""Cuts, chapters and captions: tidied, refused, turned into what is left."""

import pytest

from recording.captions import CaptionsWrong, Cue, cut_captions, read_captions, write_captions
from recording.edits import Edits, apply_edits, film_time, fingerprint, kept, tidy
from recording.errors import EditsWrong
from recording.manifest import Captions, Chapter, Cut, Film
from tests.recording.manifests import MAIN, manifest


def cuts(*pairs: tuple[float, float]) -> list[Cut]:
    return [Cut(from_s=start, to_s=end) for start, end in pairs]


def test_cuts_are_ordered_joined_and_end_with_the_recording() -> None:
    tidied = tidy(Edits(cuts=cuts((50, 90), (10, 20), (15, 30))), 60.0)
    assert tidied.cuts == cuts((10, 30), (50, 60))
    assert kept(60.0, tidied.cuts) == [(0.0, 10.0), (30.0, 50.0)]


def test_a_film_knows_where_a_moment_went() -> None:
    stretches = kept(60.0, cuts((10, 30), (50, 60)))
    assert [film_time(at, stretches) for at in (5, 10, 29, 31, 55)] == [5, 10, 10, 11, 30]


@pytest.mark.parametrize(
    ("edits", "code"),
    [
        (Edits(cuts=cuts((5, 5))), "cut-reversed"),
        (Edits(cuts=cuts((60, 70))), "cut-outside"),
        (Edits(cuts=cuts((0, 59.5))), "nothing-left"),
        (Edits(chapters=[Chapter(at_s=61, title="late")]), "chapter-outside"),
        (Edits(chapters=[Chapter(at_s=1, title="a"), Chapter(at_s=1.5, title="b")]), "chapters-together"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_by_name(edits: Edits, code: str) -> None:
    with pytest.raises(EditsWrong, match=code):
        tidy(edits, 60.0)


def test_a_film_of_other_edits_is_not_shown() -> None:
    film = Film(file="film.mp4", mime="video/mp4", duration_s=60, width=1280, height=720, size_bytes=1)
    made_without = manifest(MAIN).model_copy(update={"film": film, "without": ["somebody"]})
    edits = tidy(Edits(cuts=cuts((1, 2))), 60.0)
    assert apply_edits(made_without, Edits()).film == film, "made before there were edits"
    assert apply_edits(made_without, edits).film is None
    made = made_without.model_copy(update={"film": film.model_copy(update={"made_of": fingerprint(edits)})})
    assert apply_edits(made, edits).film is not None
    assert apply_edits(made, Edits()).film is None, "taken back"
    assert apply_edits(made_without, edits).without == [], "who took back consent is nobody's business"


def test_caption_files_are_part_of_the_recording() -> None:
    edits = Edits(captions=[Captions(language="ko", file="captions-ko-1.vtt")])
    assert "captions-ko-1.vtt" in apply_edits(manifest(MAIN), edits).files()


VTT = b"\xef\xbb\xbfWEBVTT\r\n\r\nNOTE by hand\r\n\r\n1\r\n00:01.000 --> 00:02.500 align:start\r\n<b>A &amp; B</b>\r\nagain\r\n"
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n안녕하세요\r\n\r\n2\r\n00:00:03,000 --> 01:00:04,500\r\n<i>둘</i>\r\n".encode()


def test_webvtt_and_subrip_are_read_and_written_as_plain_webvtt() -> None:
    assert read_captions(VTT) == [Cue(1.0, 2.5, "A & B again")]
    assert read_captions(SRT) == [Cue(1.0, 2.5, "안녕하세요"), Cue(3.0, 3604.5, "둘")]
    assert read_captions(write_captions(read_captions(VTT))) == read_captions(VTT)
    assert b"<" not in write_captions([Cue(0, 1, "<script>")]).replace(b"-->", b"")


def test_captions_of_older_korean_programs_are_read() -> None:
    for encoding in ("cp949", "utf-16"):
        assert read_captions(SRT.decode().encode(encoding))[0] == Cue(1.0, 2.5, "안녕하세요")


@pytest.mark.parametrize(
    "times",
    [
        "00:00:03.000 -> 00:00:04.000",
        "00:00:0x.000 --> 00:00:06.000",
        "3 --> 4",
        "00:03.000 -->",
        "00:61:03.000 --> 01:02:00.000",
    ],
)
def test_times_that_cannot_be_read_are_named_by_their_line_and_never_left_out(times: str) -> None:
    with pytest.raises(CaptionsWrong) as wrong:
        read_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\nA -> B\n\n{times}\nlost\n".encode())
    assert wrong.value.line == 6


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"#EXTM3U\nhttp://example.org/", b"WEBVTT\n\nfoo --> bar\nx", b"\xff\xfe", b"WEBVTT\0"]
)
def test_what_is_no_caption_file_is_refused(data: bytes) -> None:
    with pytest.raises(CaptionsWrong):
        read_captions(data)


def test_captions_move_with_the_cuts() -> None:
    cues = [Cue(5, 12, "over the edge"), Cue(15, 20, "gone"), Cue(31, 33, "later")]
    assert cut_captions(cues, [(0.0, 10.0), (30.0, 50.0)]) == [Cue(5, 10, "over the edge"), Cue(11, 13, "later")]
