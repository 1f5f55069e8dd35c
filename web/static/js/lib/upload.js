/** Sends a file in parts: each is proven by its digest, a broken connection is waited out, the server says where to go on. */

import { backoff_ms, wait } from "./timing.js";

/** @typedef {{offset: number, complete?: boolean}} Answer */

export class Refused extends Error {}

/** @param {ArrayBuffer} data for `Content-Digest`; null where the browser has no digests (no https) */
async function digest(data) {
  if (!globalThis.crypto?.subtle) return null;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return `sha-256=:${btoa(String.fromCharCode(...bytes))}:`;
}

/**
 * @param {object} options
 * @param {Blob} options.file
 * @param {string} options.address of the upload
 * @param {number} options.offset
 * @param {number} options.part_bytes
 * @param {(sent: number) => void} options.progress
 * @param {(waiting: boolean) => void} options.waits the connection is gone, or back
 * @param {AbortSignal} options.signal pauses it
 * @returns {Promise<boolean>} whether all of it is there; false when paused. Throws Refused with the server's sentence.
 */
export async function sendParts({ file, address, offset, part_bytes, progress, waits, signal }) {
  let failures = 0;
  while (offset < file.size) {
    if (signal.aborted) return false;
    try {
      const data = await file.slice(offset, offset + part_bytes).arrayBuffer();
      const proof = await digest(data);
      const response = await fetch(`${address}/parts?offset=${offset}`, {
        method: "POST",
        body: data,
        signal,
        credentials: "same-origin",
        headers: { "content-type": "application/octet-stream", accept: "application/json", ...(proof ? { "content-digest": proof } : {}) },
      });
      const answer = await response.json();
      if (response.ok || (response.status === 409 && typeof answer.offset === "number")) offset = answer.offset;
      else if (response.status >= 500 || response.status === 408 || answer.error?.code === "video-digest") throw new Error(String(response.status));
      else throw new Refused(answer.error?.message ?? String(response.status));
      failures = 0;
      waits(false);
      progress(offset);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (signal.aborted) return false;
      waits(true);
      await wait(backoff_ms(failures++) * 2);
    }
  }
  return true;
}
