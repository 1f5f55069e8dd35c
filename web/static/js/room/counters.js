/** Reads the counters of our two connections into one sample for quality.js. */

/** @typedef {import("./quality.js").Sample} Sample */

/**
 * @param {RTCPeerConnection | null} view
 * @param {ReadonlySet<string>} screens mids whose picture may stand still
 * @param {RTCPeerConnection | null} publish
 * @returns {Promise<Sample>}
 */
export async function readSample(view, screens, publish) {
  /** @type {Sample} */
  const sample = { received: 0, lost: 0, frozen_s: 0, rtt_s: 0, uplinkLoss: 0, limited: false };
  const reports = await Promise.all([view, publish].map((pc) => pc?.getStats().catch(() => null) ?? null));
  for (const report of reports) {
    report?.forEach((stats) => {
      if (stats.type === "inbound-rtp") {
        sample.received += stats.packetsReceived ?? 0;
        sample.lost += stats.packetsLost ?? 0;
        if (!screens.has(stats.mid)) sample.frozen_s += stats.totalFreezesDuration ?? 0;
      } else if (stats.type === "candidate-pair" && stats.nominated && stats.state === "succeeded") {
        sample.rtt_s = Math.max(sample.rtt_s, stats.currentRoundTripTime ?? 0);
      } else if (stats.type === "remote-inbound-rtp") {
        sample.uplinkLoss = Math.max(sample.uplinkLoss, stats.fractionLost ?? 0);
      } else if (stats.type === "outbound-rtp" && stats.qualityLimitationReason === "bandwidth" && stats.active !== false) {
        sample.limited = true;
      }
    });
  }
  return sample;
}
