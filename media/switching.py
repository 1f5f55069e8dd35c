"""How viewers enter lanes, and how lanes become fewer again (pure).

At a key frame everybody who waits goes on from where his numbering stopped. Who paused, or watched another layer, is behind the
others' numbers, and would need a lane of his own for ever. Three ways back, none with a gap a receiver asks for:
- few numbers are missing: empty packets take them (`lane.Bridge`), some per visit;
- many are missing: at a key frame the numbers jump. Receivers forget a gap of more than a thousand instead of asking for it, and
  take it for a restarted stream in their statistics (so says libwebrtc's source; row "lanes" of the bench measures it); the
  picture needs nothing of it;
- his numbers are ahead: they jump round the circle, in two steps.
A lane that exists is entered only while nothing is missing upstream: a late packet would come under a number its viewer has had.

Who has only just come need not wait for a key frame if one has just gone out: `catch_up` gives what was sent since.
"""

from collections.abc import Callable, Iterable

from media.bursts import BURST_PACKETS
from media.lane import Audience, Bridge, Lane, WireForm
from media.publication import Layer
from media.rendition import Rendition
from media.renumber import Continuation, Shift, begin, splice
from media.serial import distance_16
from media.subscription import Subscription

FILL_AT_ONCE = 96
"""Empty packets per visit: 65 bytes each on the wire."""
JUMP_LEAST = 1_100
"""Chromium and Firefox forget a gap of more than 1,000 packets."""
JUMP_MOST = 0x6000
"""Beyond 2¹⁵ a jump forward would be one back."""
FEW_LANES = 4
FRESH_S = 0.4
FRESH_PACKETS = 128
"""What a newcomer is sent at once, at most: 0.4 s of the largest picture, which its line must carry anyhow."""
FRESH_AUDIENCE = 150
"""In a greater crowd they wait: what each is sent alone cost a quarter of the joins per second (108 → 79 at 400 viewers)."""
LATE_S = 2.0
LEAST_FRAME_S = 0.01
"""No camera takes pictures faster: time told so much later still leaves the next picture later than the last."""

FirstNumber = Callable[[], int]


class Switching:
    """Moves subscriptions between the lanes of a layer."""

    def __init__(self, audience: Callable[[], Audience], first_number: FirstNumber) -> None:
        self._audience = audience
        self._first_number = first_number

    def at_keyframe(self, layer: Layer, number: int, timestamp: int, now: float) -> list[Subscription]:
        """A key frame begins with `number`: everybody who waits for this layer enters it; those who did."""
        layer.flush()
        is_clean = number == layer.losses.highest and not layer.losses.is_waiting
        layer.key_number, layer.keyed_at = number, now if is_clean else float("-inf")
        entering = []
        for rendition in layer.renditions:
            waiting, rendition.waiting = rendition.waiting, []
            for subscription in waiting:
                subscription.waits_for = None
                subscription.leave()
            if waiting:
                entering.append((rendition, waiting))
        self._set_clock(layer, [s for _, waiting in entering for s in waiting], timestamp, now)
        for rendition, waiting in entering:
            self._place(waiting, rendition, rendition.number_of(number), timestamp, now, is_clean)
        if is_clean:
            for rendition in layer.renditions:
                for lane, home in self._strays(rendition):
                    self._join(lane, home, rendition.number_of(number), timestamp, now)
        return [subscription for _, waiting in entering for subscription in waiting]

    def catch_up(self, subscription: Subscription, now: float) -> list[bytes]:
        """Let a newcomer enter the layer it waits for at the last key frame: what was sent since, for it alone; or it waits."""
        rendition = subscription.waits_for
        if (
            rendition is None
            or rendition.limit is not None
            or subscription.lane is not None
            or subscription.continuation is not None
        ):
            return []
        layer = rendition.layer
        if not layer.publication.is_video or now - layer.keyed_at > FRESH_S or layer.audience > FRESH_AUDIENCE:
            return []
        layer.flush()
        number, end = layer.key_number, rendition.highest
        form = WireForm(subscription.codecs[layer.codec], subscription.send_time_id)
        home = _home(rendition, [lane for lane in rendition.lanes if lane.slot is subscription.slot and lane.form == form])
        if home is None or home.first_number > number or not 0 <= end - number < FRESH_PACKETS:
            return []
        packets = [packet for at in range(number, end + 1) if (packet := home.resend(at + home.shift.number)) is not None]
        if len(packets) != end + 1 - number:
            return []  # some were lost on their way to us
        subscription.wait_for(None)
        subscription.enter(home, number)
        return packets

    def slow_down(self, layer: Layer, now: float) -> None:
        """Between two frames: who waits for fewer frames of the layer it has need not wait for a key frame."""
        if not layer.is_between_frames or layer.pending:
            return
        for rendition in layer.renditions[1:]:
            for subscription in list(rendition.waiting):
                lane = subscription.lane
                if lane is None or not rendition.is_slower_than(lane.rendition):
                    continue
                subscription.wait_for(None)
                before = lane.continuation()
                subscription.leave()
                number = rendition.number_of(layer.whole.highest + 1)
                shift = Shift(before.next_number - number, lane.shift.timestamp_rtp)
                subscription.enter(self._lane(subscription, rendition, lane.form, shift, number), number)

    def gather(self, layer: Layer, may_fill: Callable[[Subscription], bool], now: float) -> bool:
        """Between two frames: bring lanes nearer to each other with empty packets. True when only a key frame helps."""
        losses = layer.losses
        has_many = False
        for rendition in layer.renditions:
            strays = list(self._strays(rendition))
            has_many |= len(strays) >= FEW_LANES
            if not layer.is_between_frames or layer.pending or losses.is_waiting or layer.whole.highest != losses.highest:
                continue
            number = rendition.highest + 1
            for lane, home in strays:
                gap = (home.shift.number - lane.shift.number) & 0xFFFF
                ahead = lane.shift.timestamp_rtp - home.shift.timestamp_rtp
                if gap < JUMP_LEAST and -LATE_S <= ahead / layer.publication.section.codec.clock_rate < LEAST_FRAME_S:
                    self._approach(lane, home, number, gap, [s for s in lane.subscriptions if may_fill(s)], now)
        return has_many

    def _set_clock(self, layer: Layer, waiting: Iterable[Subscription], timestamp: int, now: float) -> None:
        """All lanes of a layer share its way of telling time. It begins anew when nobody watches, not before anybody's past."""
        if layer.has_lanes and layer.time_shift is not None:
            return
        rate = layer.publication.section.codec.clock_rate
        shifts = [round(now * rate) - timestamp]
        for subscription in waiting:
            before = subscription.continuation
            if before is not None:
                shifts.append(splice(before, 0, timestamp, now, rate).timestamp_rtp)
        layer.time_shift = max(shifts)

    def _place(
        self, waiting: list[Subscription], rendition: Rendition, number: int, timestamp: int, now: float, is_clean: bool
    ) -> None:
        """Let these subscriptions, who are in no lane, receive from the rendition's `number` on."""
        layer = rendition.layer
        assert layer.time_shift is not None, "the clock was set"
        rate = layer.publication.section.codec.clock_rate
        made: dict[object, Lane] = {}
        homes: dict[object, Lane | None] = {}
        for subscription in waiting:
            form = WireForm(subscription.codecs[layer.codec], subscription.send_time_id)
            place = (subscription.slot.ssrc, form)
            if place not in homes:
                fitting = [lane for lane in rendition.lanes if lane.slot is subscription.slot and lane.form == form]
                homes[place] = _home(rendition, fitting)
            home, before = homes[place], subscription.continuation
            fits = before is None or _goes_on(before, timestamp + layer.time_shift, layer, now)
            lane = made.get((place, before))
            if (
                home is not None
                and fits
                and (before is None or (is_clean and self._bridge(subscription, form, home, number, now)))
            ):
                lane = home
            elif lane is None:
                if before is None:
                    # Below 2¹⁵ a receiver cannot mistake the first packets for the end of a cycle (RFC 3711 §3.3.1).
                    shift = Shift(begin(number, timestamp, self._first_number()).number, layer.time_shift)
                else:
                    shift = splice(before, number, timestamp, now, rate)
                    shift = Shift(shift.number, layer.time_shift) if fits else shift
                lane = made[place, before] = self._lane(subscription, rendition, form, shift, number)
                if home is None and fits:
                    homes[place] = lane
            subscription.enter(lane, number)

    def _bridge(self, subscription: Subscription, form: WireForm, home: Lane, number: int, now: float) -> bool:
        """Carry a subscription's numbering on to where `home` goes on; False when that is not possible now."""
        before = subscription.continuation
        assert before is not None, "only who has received before needs a bridge"
        gap = (number + home.shift.number - before.next_number) & 0xFFFF
        if gap <= (FILL_AT_ONCE if home.layer.publication.is_video else 0):
            self._fill(subscription, form, before, gap, now)
            return True
        if JUMP_LEAST <= gap <= JUMP_MOST:
            subscription.jumped_at = now
            return True
        return False

    def _join(self, lane: Lane, home: Lane, number: int, timestamp: int, now: float) -> None:
        """At a key frame: everybody of `lane` goes over to `home`, or nearer to it, if the numbers allow it."""
        layer = lane.layer
        assert layer.time_shift is not None, "a layer with lanes has a clock"
        gap = (home.shift.number - lane.shift.number) & 0xFFFF
        is_ahead = gap > JUMP_MOST
        if FILL_AT_ONCE < gap < JUMP_LEAST or (is_ahead and len(lane.rendition.lanes) <= FEW_LANES):
            return
        if not _goes_on(lane.continuation(), timestamp + layer.time_shift, layer, now):
            return
        nearer: Lane | None = None
        for subscription in list(lane.subscriptions):
            if subscription.since == number + lane.shift.number:
                continue  # it has only just come, perhaps by a jump: two in a row would be one too far
            subscription.leave()
            if is_ahead:
                subscription.jumped_at = now
                shift = Shift(lane.shift.number + JUMP_MOST, layer.time_shift)
                nearer = nearer or self._lane(subscription, lane.rendition, lane.form, shift, number)
                subscription.enter(nearer, number)
            elif self._bridge(subscription, lane.form, home, number, now):
                subscription.enter(home, number)
            else:
                self._place([subscription], lane.rendition, number, timestamp, now, is_clean=False)

    def _approach(self, lane: Lane, home: Lane, number: int, gap: int, subscriptions: list[Subscription], now: float) -> None:
        """Between two frames: go over to `home`, or some empty packets nearer to it."""
        count = min(gap, FILL_AT_ONCE)
        nearer: Lane | None = home if count == gap else None
        for subscription in subscriptions:
            before = lane.continuation()
            subscription.leave()
            self._fill(subscription, lane.form, before, count, now)
            shift = Shift(lane.shift.number + count, lane.shift.timestamp_rtp)
            nearer = nearer or self._lane(subscription, lane.rendition, lane.form, shift, number)
            subscription.enter(nearer, number)

    def _fill(self, subscription: Subscription, form: WireForm, before: Continuation, count: int, now: float) -> None:
        if count == 0:
            return
        send_time = (int(now * 262144) & 0xFFFFFF).to_bytes(3, "big")
        bridge = Bridge(subscription.slot, form, before, count, send_time)
        audience = self._audience()
        audience.add(subscription.member)
        packets = bridge.packets()
        audience.send([packets[start : start + BURST_PACKETS] for start in range(0, count, BURST_PACKETS)])
        audience.remove(subscription.member)
        end = bridge.first + count
        subscription.past.append((bridge, bridge.first, end))
        subscription.continuation = Continuation(end, before.timestamp_rtp, before.at_s)

    def _lane(self, subscription: Subscription, rendition: Rendition, form: WireForm, shift: Shift, number: int) -> Lane:
        lane = Lane(subscription.slot, rendition, form, shift, number, self._audience())
        rendition.lanes.append(lane)
        return lane

    def _strays(self, rendition: Rendition) -> list[tuple[Lane, Lane]]:
        """Lanes that might be in another: (lane, the lane it should join)."""
        if len(rendition.lanes) < 2:
            return []
        groups: dict[object, list[Lane]] = {}
        for lane in rendition.lanes:
            groups.setdefault((lane.slot.ssrc, lane.form), []).append(lane)
        pairs: list[tuple[Lane, Lane]] = []
        for lanes in groups.values():
            home = _home(rendition, lanes) if len(lanes) > 1 else None
            if home is not None:
                pairs += [(lane, home) for lane in lanes if lane is not home]
        return pairs


def _home(rendition: Rendition, lanes: Iterable[Lane]) -> Lane | None:
    """The lane others should join: the one most are in, or, when no crowd is in any, that whose numbers are farthest ahead."""
    lanes = [lane for lane in lanes if lane.shift.timestamp_rtp == rendition.layer.time_shift]
    if not lanes:
        return None
    largest = max(lanes, key=lambda lane: len(lane.subscriptions))
    if 2 * len(largest.subscriptions) >= sum(len(lane.subscriptions) for lane in lanes):
        return largest
    return max(lanes, key=lambda lane: distance_16(lane.shift.number & 0xFFFF, largest.shift.number & 0xFFFF))


def _goes_on(before: Continuation, timestamp_out: int, layer: Layer, now: float) -> bool:
    """True when this timestamp is a believable one after `before`: later, and not by much more than what passed."""
    rate = layer.publication.section.codec.clock_rate
    return 1 <= timestamp_out - before.timestamp_rtp <= rate * (now - before.at_s + LATE_S)
