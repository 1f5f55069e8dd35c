"""What can go wrong with a recording: each has a stable code and a sentence for the log and the catalogue."""


class RecordingError(Exception):
    """Base of everything this package raises on purpose."""

    code = "recording-error"


class NothingRecorded(RecordingError):
    """The capture holds no picture and no sound that can be played."""

    code = "nothing-recorded"


class CaptureDamaged(RecordingError):
    """The capture log cannot be read at all."""

    code = "damaged"


class ComposeFailed(RecordingError):
    """ffmpeg ended with an error, stalled, or was killed too often."""

    code = "compose-failed"


class ObjectMissing(RecordingError):
    """No such object in the storage."""

    code = "object-missing"


class EditsWrong(RecordingError):
    """An edit that cannot be: `field` names it, `code` says why."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code, self.field = code, field
