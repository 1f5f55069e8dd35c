"""After class: edits make another film, consent taken back makes another recording. With real ffmpeg and the real queue."""

from pathlib import Path

import pytest

from recording.edits import Edits
from recording.log import RTP, LogReader
from recording.manifest import Cut
from recording.publish import open_storage
from tests.integration.film_jobs import jobs
from tests.recording.catalogue import MemoryCatalogue
from tests.recording.files import assert_decodes, clicks, decode_sound
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound

pytestmark = pytest.mark.integration


async def test_who_takes_back_consent_is_in_no_file_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "rec"
    made = Lecture()
    made.pictures(1000.0, encode_pictures("vp8", 150, shade=60))
    made.sound(1000.0, encode_sound(6, click_every_s=100.0))
    made.pictures(1000.5, encode_pictures("vp8", 100, 320, 180, shade=200), owner="guest", peer="p2", lead=False)
    made.sound(1000.5, encode_sound(5), owner="guest", peer="p2", lead=False)
    made.write(folder / "capture")
    catalogue = MemoryCatalogue(rec="capturing")
    storage = open_storage(tmp_path)
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await catalogue.reaches("rec", "composed")
        first = await storage.read_manifest("rec")
        assert {track.owner for track in first.tracks} == {"teacher", "guest"}
        assert len(clicks(*decode_sound(folder / "main.webm"))) >= 4, "the guest is heard"
        catalogue.withdraw("rec", "guest")
        await catalogue.reaches("rec", "composed")
        second = await storage.read_manifest("rec")
    assert [track.owner for track in second.tracks] == ["teacher"]
    assert second.duration_s == first.duration_s
    left = {path.name for path in folder.iterdir() if path.is_file()}
    assert left == second.files(), "no file of the first edition is left"
    assert not left & (first.files() - {"manifest.json"}), "names tell the editions apart"
    for track in second.tracks:
        assert_decodes(folder / track.file)
    assert second.film is not None
    assert_decodes(folder / second.film.file)
    assert clicks(*decode_sound(folder / second.film.file))[1:] == []
    reader, owners, packets = LogReader(folder / "capture"), set(), 0
    while records := reader.read(last=True):
        packets += sum(record.kind == RTP for record in records)
        owners |= {record.document()["owner"] for record in records if record.kind == 2}
    assert owners == {"teacher"}, "not even in the capture"
    assert packets > 300


async def test_a_cut_makes_another_film_and_undo_the_first_one_again(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "rec"
    made = Lecture()
    made.pictures(1000.0, encode_pictures("vp8", 150, shade=60))
    made.sound(1000.0, encode_sound(6))
    made.write(folder / "capture")
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await catalogue.reaches("rec", "composed")
        whole = catalogue.films["rec"]
        catalogue.edit("rec", Edits(cuts=[Cut(from_s=1.5, to_s=3.5)]))
        await catalogue.reaches("rec", "composed")
        cut = catalogue.films["rec"]
        catalogue.edit("rec", Edits())
        await catalogue.reaches("rec", "composed")
    assert abs(whole.duration_s - cut.duration_s - 2.0) < 0.05
    assert catalogue.films["rec"] == whole
    left = {path.name for path in folder.iterdir() if path.is_file()}
    assert left == (await open_storage(tmp_path).read_manifest("rec")).files()
    assert ("making", 0.0) in catalogue.notes
