"""What a tutorial would write: one aiortc connection per viewer, a MediaRelay between; run as `python -m … PORT`."""

import asyncio
import contextlib
import json
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay


async def main(port: int) -> None:
    relay = MediaRelay()
    tracks: list[object] = []
    connections: list[RTCPeerConnection] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            line = await reader.readline()
            if not line:
                return
            order = json.loads(line)
            connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            connections.append(connection)
            if order["kind"] == "publish":
                connection.on("track", tracks.append)
            await connection.setRemoteDescription(RTCSessionDescription(order["sdp"], "offer"))
            if order["kind"] == "view":
                for track in tracks:
                    connection.addTrack(relay.subscribe(track))
            await connection.setLocalDescription(await connection.createAnswer())
            writer.write(json.dumps({"sdp": connection.localDescription.sdp}).encode() + b"\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 20)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
