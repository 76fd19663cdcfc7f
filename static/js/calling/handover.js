// A call on its way from the tab of a meeting to a tab of its own. That tab's address holds a ticket which only
// the meeting's tab knows and which holds once: no link from elsewhere makes a browser take a call.

const WAIT_MS = 10_000;

/** @param {string} ticket */
const channelOf = (ticket) => new BroadcastChannel(`onmeet-handover-${ticket}`);

/** In the meeting's tab: waits for the new tab, and tells it which call to take. */
export class Handover {
  #channel;

  /** @param {string} call */
  constructor(call) {
    const ticket = crypto.randomUUID();
    this.address = `/ringing/take#${ticket}`;
    this.#channel = channelOf(ticket);
    this.#channel.addEventListener('message', () => {
      this.#channel.postMessage(call);
      this.end();
    }, { once: true });
  }

  end() { this.#channel.close(); }
}

/**
 * In the new tab: which call to take.
 * @param {string} ticket
 * @returns {Promise<string>} rejected where nobody hands one over
 */
export function handedOver(ticket) {
  const channel = channelOf(ticket);
  const answer = new Promise((resolve, reject) => {
    channel.addEventListener('message', ({ data }) => resolve(String(data)), { once: true });
    setTimeout(reject, WAIT_MS);
  });
  channel.postMessage('here');
  return answer.finally(() => channel.close());
}
