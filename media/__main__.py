"""`python -m media`: one worker alone, without a recorder; the secret comes from CLASSROOM_MEDIA_SECRET."""

import argparse
import os
import socket
import sys

from media.listening import Settings
from media.server import serve


def main() -> int:
    """Read the arguments, open the control socket, serve."""
    parser = argparse.ArgumentParser(prog="python -m media", description=__doc__)
    parser.add_argument("--port", type=int, default=40000, help="UDP and TCP port on every address")
    parser.add_argument("--ip", action="append", default=[], help="address offered to browsers (repeatable)")
    parser.add_argument("--control-host", default="127.0.0.1")
    parser.add_argument("--control-port", type=int, default=40100, help="TCP port signalling dials")
    arguments = parser.parse_args()
    secret = os.environ.get("CLASSROOM_MEDIA_SECRET", "")
    if not secret:
        print("CLASSROOM_MEDIA_SECRET is not set: signalling could not prove itself.", file=sys.stderr)
        return 2
    try:
        control = socket.create_server((arguments.control_host, arguments.control_port))
    except OSError as wrong:
        print(f"TCP port {arguments.control_port} is not free: {wrong.strerror}.", file=sys.stderr)
        return 3
    return serve(Settings(arguments.port, secret, tuple(arguments.ip)), control)


if __name__ == "__main__":
    sys.exit(main())
