"""The formats this product records, by their names in SDP."""

from recording.av1 import finish_av1, read_av1
from recording.depacketize import Depacketizer, H264Finisher, OpusAssembler, PictureAssembler, finish_vp8, read_h264, read_vp8
from recording.vp9 import finish_vp9, read_vp9


def make_depacketizer(codec: str, payload_type: int) -> Depacketizer | None:
    """None when this product cannot record the codec."""
    match codec:
        case "opus":
            return Depacketizer(payload_type, OpusAssembler())
        case "vp8":
            return Depacketizer(payload_type, PictureAssembler(read_vp8, finish_vp8))
        case "vp9":
            return Depacketizer(payload_type, PictureAssembler(read_vp9, finish_vp9))
        case "av1":
            return Depacketizer(payload_type, PictureAssembler(read_av1, finish_av1))
        case "h264":
            return Depacketizer(payload_type, PictureAssembler(read_h264, H264Finisher()))
        case _:
            return None
