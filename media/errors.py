"""What can go wrong here: a packet, a request, or the start."""


class Malformed(Exception):
    """Bytes or SDP from outside do not follow their format; the sentence says how. The only thing parsers raise."""


class Refused(Exception):
    """A command cannot be carried out. `code` is one of `control.Failed`'s."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PortTaken(Exception):
    """The UDP port belongs to another process; nothing was started."""
