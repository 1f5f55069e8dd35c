"""In a child: the end of the parent is one's own."""

import ctypes
import os
import signal
import time

from web.child import STOP_WITHIN_S

SET_PARENT_DEATH_SIGNAL = 1


def stop_with_parent() -> None:
    """In a child: end when the parent is gone. The parent holds the other end of our standard input."""
    if os.environ.get("CLASSROOM_INTERNAL_SUPERVISED") != "1":
        return
    import threading

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_with(parent: int) -> None:
    """In a child of a part, at its start: be killed when the process `parent` is gone. (Pools wait for ever for an order.)"""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        os._exit(1)
