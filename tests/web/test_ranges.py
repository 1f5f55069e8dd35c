"""Parts of files: which bytes a Range means, and what the server sends for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.world import VIDEO, World
from web.ranges import BadRange, ByteRange, choose_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-", (0, 1000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=990-5000", (990, 1000)),
        ("bytes=-100", (900, 1000)),
        ("bytes=-5000", (0, 1000)),
        (" bytes = 5 - 9 ", (5, 10)),
        (None, None),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("bytes=0-1,5-6", None),
        ("items=0-5", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 400 + "-", None),
    ],
)
def test_a_range_means_these_bytes(header: str | None, part: tuple[int, int] | None) -> None:
    assert choose_range(header, 1000) == (ByteRange(*part) if part else None)


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=1000-", 1000), ("bytes=5000-6000", 1000), ("bytes=-0", 1000), ("bytes=0-", 0), ("bytes=-1", 0)]
)
def test_a_range_outside_the_file_is_refused(header: str, size: int) -> None:
    with pytest.raises(BadRange):
        choose_range(header, size)


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,20}-\d{0,20}(,\d-\d)?", fullmatch=True), st.integers(0, 10**12))
def test_nothing_a_browser_sends_reaches_outside_the_file(header: str, size: int) -> None:
    try:
        part = choose_range(header, size)
    except BadRange:
        return
    assert part is None or 0 <= part.start < part.end <= size


@pytest.fixture
def address(shared: World) -> str:
    return shared.signed(f"/recordings/{shared.recording}/files/main.webm", "resident01")


def test_a_player_seeks(shared: World, address: str) -> None:
    whole = shared.get(address, "resident01")
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, VIDEO, "bytes")
    assert whole.headers["content-type"] == "video/webm"
    assert "private" in whole.headers["cache-control"]
    part = shared.get(address, "resident01", headers={"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, VIDEO[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(VIDEO)}"
    tail = shared.get(address, "resident01", headers={"Range": "bytes=-5"})
    assert tail.content == VIDEO[-5:]
    assert shared.get(address, "resident01", headers={"Range": f"bytes={len(VIDEO)}-"}).status_code == 416


def test_only_the_head_is_sent_for_head(shared: World, address: str) -> None:
    answer = shared.ask("HEAD", address, "resident01")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(VIDEO)))


def test_an_unchanged_file_is_not_sent_again(shared: World, address: str) -> None:
    etag = shared.get(address, "resident01").headers["etag"]
    assert shared.get(address, "resident01", headers={"If-None-Match": etag}).status_code == 304
    stale = shared.get(address, "resident01", headers={"If-Range": '"other"', "Range": "bytes=0-4"})
    assert (stale.status_code, len(stale.content)) == (200, len(VIDEO))


@pytest.mark.parametrize(
    "name", ["secret.txt", "..%2f..%2fclassroom.db", "%2e%2e%2fclassroom.db", "MAIN.webm", "main.webm%00", "manifest.json"]
)
def test_only_files_of_the_manifest_are_served(shared: World, name: str) -> None:
    for who in ("resident01", "province"):
        address = shared.signed(f"/recordings/{shared.recording}/files/{name}", who)
        assert shared.get(address, who).status_code in (404, 400)


def test_head_is_answered_like_get_by_everything_under_a_recording(shared: World) -> None:
    base = f"/recordings/{shared.recording}"
    addresses = [base, *(f"{base}/{name}" for name in ("manifest.json", "chat.json", "film.json"))]
    addresses += [shared.signed(f"{base}/{name}", "resident01") for name in ("poster", "files/main.webm")]
    addresses += [f"{base}/live.json", f"{base}/files/main.webm"]  # refused alike too
    for address in addresses:
        whole, head = shared.get(address, "resident01"), shared.ask("HEAD", address, "resident01")
        assert (head.status_code, head.content) == (whole.status_code, b""), address
        same = ("content-type", "content-length", "cache-control", "accept-ranges", "etag")
        assert [head.headers.get(name) for name in same] == [whole.headers.get(name) for name in same], address
