"""A process that captures a live lecture in real time until it is killed: `python -m tests.recording.capturing_process FOLDER`.

Prints when each packet was handed to the Sink, so that the test knows what was at risk. An optional second argument limits the
size of every file the process may write (RLIMIT_FSIZE), which is a full disk for each segment in turn.
"""

import errno
import json
import resource
import sys
import time
from pathlib import Path

from media.control import CaptureId, PeerId, RoomId
from media.subscription import TrackInfo
from recording import log
from recording.capture import open_capture
from tests.recording.lecture import Lecture
from tests.recording.material import encode_pictures, encode_sound


def main() -> None:
    folder, limit_bytes = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    lecture = Lecture()
    lecture.pictures(0.0, encode_pictures("vp8", 500, key_every=50))
    lecture.sound(0.0, encode_sound(20))
    lecture.events.sort()
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    asked: list[int] = []
    try:
        sink = open_capture(
            RoomId("r"), CaptureId("c"), folder, asked.append, lambda trouble: print(f"trouble {trouble.code}", flush=True)
        )
    except OSError as refused:
        print(f"refused {errno.errorcode[refused.errno or 0]}", flush=True)
        sys.exit(1)
    start_s = time.monotonic()
    print("started", flush=True)
    for event in lecture.events:
        at_s = start_s + event.at_s
        time.sleep(max(0.0, at_s - time.monotonic()))
        match event.kind:
            case log.TRACK_OPENED:
                info = json.loads(event.payload)
                sink.open_track(TrackInfo(**{**info, "peer": PeerId(info["peer"])}), at_s)
            case log.RTP:
                sink.receive_rtp(event.track, event.payload, at_s)
                print(f"sent {at_s:.3f}", flush=True)
            case log.SENDER_REPORT:
                sink.receive_sender_report(event.track, *log.REPORT.unpack(event.payload), at_s)
            case log.TRACK_CLOSED:
                sink.close_track(event.track, at_s)
    sink.close(time.monotonic())
    print("closed", Path(folder).name, flush=True)


if __name__ == "__main__":
    main()
