/** Reads the counters of our two connections into one sample for quality.js. */

/** @typedef {import("./quality.js").Sample} Sample */

/**
 * @param {RTCPeerConnection | null} view
 * @param {ReadonlySet<string>} screens mids whose picture may stand still
 * @param {ReadonlySet<string>} wanted mids whose picture ought to come
 * @param {RTCPeerConnection | null} publish
 * @returns {Promise<Sample>}
 */
export async function readSample(view, screens, wanted, publish) {
  /** @type {Record<string, import("./quality.js").Sent>} */
  const sent = {};
  const sample = { received: 0, lost: 0, frozen_s: 0, rtt_s: 0, uplinkLoss: 0, sent, limited: false, overloaded: false, decoded: 0, dropped: 0, detour: false, voices: 0, pictures: 0, wanted: [...wanted].join() };
  const reports = await Promise.all([view, publish].map((pc) => pc?.getStats().catch(() => null) ?? null));
  for (const report of reports) {
    report?.forEach((stats) => {
      if (stats.type === "inbound-rtp") {
        sample.received += stats.packetsReceived ?? 0;
        sample.lost += stats.packetsLost ?? 0;
        if (stats.kind === "audio") sample.voices += stats.packetsReceived ?? 0;
        else if (wanted.has(stats.mid)) sample.pictures += stats.packetsReceived ?? 0;
        if (!screens.has(stats.mid)) sample.frozen_s += stats.totalFreezesDuration ?? 0;
        sample.decoded += stats.framesDecoded ?? 0;
        sample.dropped += stats.framesDropped ?? 0;
      } else if (stats.type === "candidate-pair" && stats.nominated && stats.state === "succeeded") {
        sample.rtt_s = Math.max(sample.rtt_s, stats.currentRoundTripTime ?? 0);
        if (report.get(stats.localCandidateId)?.protocol === "tcp") sample.detour = true;
      } else if (stats.type === "remote-inbound-rtp") {
        sample.uplinkLoss = Math.max(sample.uplinkLoss, stats.fractionLost ?? 0);
      } else if (stats.type === "outbound-rtp" && stats.active !== false) {
        sent[stats.ssrc] = { packets: stats.packetsSent ?? 0, repeated: stats.retransmittedPacketsSent ?? 0 };
        if (stats.qualityLimitationReason === "bandwidth") sample.limited = true;
        if (stats.qualityLimitationReason === "cpu") sample.overloaded = true;
      }
    });
  }
  return sample;
}
