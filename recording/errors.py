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


class ComposeInterrupted(ComposeFailed):
    """ffmpeg was killed or stood still, or the machine had no memory or no room: nothing is said about what it worked on."""

    code = "compose-interrupted"


class ObjectMissing(RecordingError):
    """No such object in the storage."""

    code = "object-missing"


class StorageAway(RecordingError):
    """The storage does not answer, or refuses; what is in it is as it was."""

    code = "storage-away"


class EditsWrong(RecordingError):
    """An edit that cannot be: `field` names it, `code` says why."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code, self.field = code, field
