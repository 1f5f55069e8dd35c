"""What the lines of a room's viewers carry: reports fall on budgets, doubted lines are asked, trials begin (pure).

Which layer follows from a budget is the room's business: who comes back from here is to be aimed anew.
"""

from media.bandwidth import SOUND_ONLY
from media.rtcp import ReceiverReport, Remb
from media.seating import Seating
from media.viewer import Viewer

MAX_PROBED = 50
"""Lines asked ten times a second at once: a check and its answer cost some 40 µs."""
TRIAL_ROOM = 1.1
TRIAL_ROOM_BPS = 50_000.0
"""A trial's budget lies so far above what the step is said to cost."""


class Lines:
    """The viewers of one room whose budgets are not unlimited, or may soon not be."""

    def __init__(self, seating: Seating) -> None:
        self._seating = seating
        self._limited: set[Viewer] = set()
        """Viewers whose line takes less than they want."""
        self._doubted: set[Viewer] = set()
        """Viewers whose estimate could not tell of a squeeze: their lines are asked."""

    def receive_remb(self, viewer: Viewer, report: Remb, now: float) -> bool:
        """Take its estimate; True when its budget fell."""
        carried = self._seating.carried
        sending_bps = viewer.sending_bps()
        fell = viewer.downlink.receive_remb(report.bitrate_bps, sending_bps, lambda: viewer.least_bps(carried, now), now)
        if len(self._doubted) < MAX_PROBED and viewer.downlink.is_worth_asking(sending_bps, now):
            self._doubted.add(viewer)
        return self._noted(viewer, fell, now)

    def receive_report(self, viewer: Viewer, report: ReceiverReport, now: float) -> bool:
        """Take how one of our streams arrives; True when its budget fell."""
        fell = False
        if report.lost_fraction > 0:
            fell = viewer.downlink.receive_loss(report.lost_fraction, viewer.sending_bps(), now)
        delay_s = viewer.delay_s(report, now)
        if delay_s is not None:
            fell |= viewer.downlink.receive_delay(delay_s, viewer.sending_bps(), now)
        return self._noted(viewer, fell, now)

    def receive_losses(self, viewer: Viewer, now: float) -> bool:
        """Take what it has asked for again, once a second; True when its budget fell."""
        loss = viewer.loss(now)
        if not loss:
            return False
        return self._noted(viewer, viewer.downlink.receive_loss(loss, viewer.sending_bps(), now), now)

    def receive_rate(self, viewer: Viewer, line_bps: float, now: float) -> None:
        """Take what its TCP connection was seen to take."""
        if viewer.downlink.receive_line_rate(line_bps, now):
            self._limited.add(viewer)

    def probe(self, now: float) -> list[Viewer]:
        """Ask the lines that are doubted, and take their silence for what it is: whose budget fell."""
        fallen = []
        for viewer in list(self._doubted):
            sending_bps = viewer.sending_bps()
            if not viewer.downlink.is_worth_asking(sending_bps, now):
                self._doubted.discard(viewer)
            elif self._noted(viewer, viewer.downlink.receive_silence(viewer.peer.probe(now), sending_bps, now), now):
                fallen.append(viewer)
        return fallen

    def try_more(self, now: float) -> list[Viewer]:
        """Raise the budgets that are due by one layer of one picture, the cheapest step up there is: whose was raised."""
        raised = []
        for viewer in [each for each in self._limited if not each.held and each.downlink.may_raise(now)]:
            steps = viewer.steps_up(self._seating.carried, now)
            least_bps = max(0.0, min(steps, default=0.0))
            if steps and viewer.downlink.sacrifice == SOUND_ONLY and not self._carries(viewer, least_bps, now):
                continue
            raised.append(viewer)
            if steps:
                viewer.downlink.raise_to(viewer.sending_bps() + least_bps * TRIAL_ROOM + TRIAL_ROOM_BPS, now)
            else:
                viewer.downlink.lift()
                self._limited.discard(viewer)
            viewer.limit_resends(now)
        return raised

    def _carries(self, viewer: Viewer, more_bps: float, now: float) -> bool:
        """True when its line says that it takes so much more, or cannot be asked; False: not yet known, or it does not."""
        train = viewer.train
        if train is None:
            viewer.train = viewer.peer.send_train(now)
            return viewer.train is None
        if not train.is_over(now):
            return False
        viewer.train = None
        found_bps = train.bitrate_bps
        if found_bps is not None and found_bps < more_bps:
            viewer.downlink.put_off(now)
            return False
        return True

    def forget(self, viewer: Viewer) -> None:
        """It left."""
        self._limited.discard(viewer)
        self._doubted.discard(viewer)

    def _noted(self, viewer: Viewer, fell: bool, now: float) -> bool:
        if fell:
            self._limited.add(viewer)
            viewer.limit_resends(now)
        return fell
