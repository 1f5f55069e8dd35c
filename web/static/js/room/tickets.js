/** Fetches join tickets: the short-lived proof that we may enter this lesson. */

/** @typedef {{ticket: string, expires_at_ms: number}} Ticket */

/** Nothing more will come of asking: the person must do something first. `code` has a sentence in texts.js. */
export class TicketRefused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * @param {string} url
 * @param {boolean} consent agreed to being recorded
 * @returns {Promise<Ticket>} rejects with TicketRefused, or with any other error when trying again may help
 */
export async function fetchTicket(url, consent) {
  const response = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ consent }),
    signal: AbortSignal.timeout(8000),
  });
  if (response.ok) {
    const body = await response.json();
    return { ticket: body.ticket, expires_at_ms: Date.now() + (body.expires_in_s ?? 60) * 1000 };
  }
  if (response.status === 429 || response.status >= 500) throw new Error(`ticket ${response.status}`);
  throw new TicketRefused(await refusalCode(response));
}

/** @param {Response} response */
async function refusalCode(response) {
  if (response.status === 401) return "signed-out";
  try {
    const body = await response.json();
    return String(body.error.code);
  } catch {
    return response.status === 404 ? "lesson-unknown" : "not-allowed";
  }
}
