"""What of a room reaches a recorder's Sink: of every publication its best layer that really comes (pure but for the Sink)."""

from media.control import CaptureId
from media.publication import Layer, Publication
from media.subscription import Sink, TrackInfo


class Capture:
    """One Sink attached to a room."""

    def __init__(self, capture: CaptureId) -> None:
        self.id = capture
        self.sink: Sink | None = None
        self._tracks: dict[Layer, int] = {}
        self._layers: dict[int, Layer] = {}
        self._recorded: dict[Publication, Layer] = {}
        self._coming: dict[Publication, Layer] = {}
        """The layer that takes over at its next key frame."""

    def receive_rtp(self, layer: Layer, packet: bytes, is_key: bool, now: float) -> None:
        """Pass one packet on if its layer is the one recorded."""
        publication = layer.publication
        if not publication.record or self.sink is None:
            return
        recorded = self._recorded.get(publication)
        if recorded is None:
            # The first layer heard of; `review` exchanges it for the best one.
            self._recorded[publication] = recorded = layer
        elif is_key and layer is self._coming.get(publication):
            del self._coming[publication]
            self._recorded[publication] = recorded = layer
        if layer is not recorded:
            return
        self.sink.receive_rtp(self._track(layer, now), packet, now)

    def receive_sender_report(self, layer: Layer, now: float) -> None:
        """Pass on the layer's last sender report."""
        if self.sink is not None and layer in self._tracks:
            self.sink.receive_sender_report(self._tracks[layer], layer.last_report_ntp, layer.report_timestamp & 0xFFFFFFFF, now)

    def review(self, publication: Publication, now: float) -> None:
        """Change to the best layer that comes, at its next key frame."""
        if not publication.record or not publication.is_video:
            return
        active = publication.active_layers(now)
        recorded = self._recorded.get(publication)
        if not active or recorded is None:
            return
        best = active[-1]
        if best is recorded:
            self._coming.pop(publication, None)
        elif self._coming.get(publication) is not best:
            self._coming[publication] = best
            publication.keyframes.want()

    def remove(self, publication: Publication, now: float) -> None:
        """The publication has ended."""
        self._recorded.pop(publication, None)
        self._coming.pop(publication, None)
        for layer in publication.layers:
            track = self._tracks.pop(layer, None)
            if track is not None:
                del self._layers[track]
                if self.sink is not None:
                    self.sink.close_track(track, now)

    def layer_of(self, track: int) -> Layer | None:
        """Whose key frame a Sink asks for."""
        return self._layers.get(track)

    def finish(self, now: float) -> Sink | None:
        """Close every track and give the Sink back for closing; None when that was done."""
        sink, self.sink = self.sink, None
        if sink is not None:
            for track in self._tracks.values():
                sink.close_track(track, now)
        self._tracks.clear()
        self._layers.clear()
        return sink

    _last_track = 0

    def _track(self, layer: Layer, now: float) -> int:
        track = self._tracks.get(layer)
        if track is None:
            assert self.sink is not None, "only an open capture has tracks"
            self._last_track += 1
            track = self._tracks[layer] = self._last_track
            self._layers[track] = layer
            publication, codec = layer.publication, layer.publication.section.codec
            self.sink.open_track(
                TrackInfo(
                    track=track,
                    peer=publication.peer,
                    owner=publication.owner,
                    source=publication.source,
                    codec=codec.name,
                    clock_rate=codec.clock_rate,
                    payload_type=codec.payload_type,
                    ssrc=layer.ssrc,
                    rid=layer.rid,
                    fmtp=codec.fmtp,
                    lead=publication.lead,
                ),
                now,
            )
        return track
