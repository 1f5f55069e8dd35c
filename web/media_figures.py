"""What the media workers count, in Prometheus' text form: one series per worker, no room and no person.

What each figure means, what is normal and what to do: the table in media/NOTES.md.
"""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from media.control import StatsTaken
from media.load import LAG_BUCKETS_S

LABELS = ("worker",)


class _Collector:
    def __init__(self, workers: Mapping[str, StatsTaken]) -> None:
        self._workers = workers

    def collect(self) -> Iterator[Metric]:
        """One family per name, in order."""
        names = sorted({name for taken in self._workers.values() for name in (taken.counters | taken.gauges)})
        for name in names:
            grows = name.endswith("_total")
            kind = CounterMetricFamily if grows else GaugeMetricFamily
            family = kind(name.removesuffix("_total"), "Of one media worker.", labels=LABELS)
            for worker, taken in self._workers.items():
                value = (taken.counters | taken.gauges).get(name)
                if value is not None:
                    family.add_metric([worker], float(value))
            yield family
        yield self._dropped()
        yield self._lag()

    def _dropped(self) -> Metric:
        family = CounterMetricFamily(
            "classroom_media_datagrams_dropped", "Datagrams thrown away, by reason.", labels=(*LABELS, "reason")
        )
        for worker, taken in self._workers.items():
            for reason, count in sorted(taken.dropped.items()):
                family.add_metric([worker, reason], count)
        return family

    def _lag(self) -> Metric:
        family = HistogramMetricFamily(
            "classroom_media_loop_lag_seconds", "How late the packet loop's 20 ms timer came.", labels=LABELS
        )
        for worker, taken in self._workers.items():
            if len(taken.lag_counts) != len(LAG_BUCKETS_S) + 1:
                continue  # a worker of another release
            total = 0
            buckets: list[tuple[str, float]] = []
            for limit, count in zip((*map(str, LAG_BUCKETS_S), "+Inf"), taken.lag_counts, strict=True):
                total += count
                buckets.append((limit, total))
            family.add_metric([worker], buckets, taken.lag_sum_s)
        return family


def expose_media(workers: Mapping[str, StatsTaken]) -> bytes:
    """The text of all workers' figures."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(workers))
    return generate_latest(registry)
