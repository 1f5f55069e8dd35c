"""VP9 from RTP (RFC 9628). Of several spatial layers in one stream the lowest is taken, which decodes by itself. Pure."""

from media import vp9
from media.errors import Malformed
from recording.depacketize import Frame


def read_vp9(payload: bytes) -> tuple[bool, bytes]:
    """payload → (may begin a picture, data). Raises ValueError."""
    try:
        begins, layer, data = vp9.open_payload(payload)
    except Malformed as error:
        raise ValueError from error
    return begins, b"" if layer else data


def finish_vp9(data: bytes) -> Frame | None:
    """Check the beginning of the uncompressed header (VP9 bitstream §6.2) and read a key frame's size."""
    if not data or data[0] & 0xF0 != 0x80:  # 2 bits are its mark; profiles other than 0 are not offered
        return None
    if data[0] & 0x0C:  # shows an earlier picture, or builds on one
        return Frame(0, 0.0, False, data)
    size = vp9.size(data)
    return Frame(0, 0.0, True, data, *size) if size is not None else None
