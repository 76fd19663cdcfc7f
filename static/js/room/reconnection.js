/** @import {StopReason} from './types.js' */

/**
 * What a close of the socket means for the browser (PROTOCOL.md, *Close codes*).
 *
 * `resume` takes the session up again, `afresh` joins as a new participant, `stop` is the end.
 * A `wait` of null leaves the time to the back-off, which a `cap` may shorten.
 * @typedef {{then: 'resume', wait: number | null, cap?: number}
 *         | {then: 'afresh', wait: number}
 *         | {then: 'stop', reason: StopReason}} Verdict
 */

/** @type {Record<number, Verdict>} */
const VERDICTS = {
  1000: { then: 'stop', reason: 'left' },
  1012: { then: 'resume', wait: 0 },
  // the web process answers, the relay is starting: a meeting waits for it
  1013: { then: 'resume', wait: null, cap: 1000 },
  4400: { then: 'afresh', wait: 0 },
  4403: { then: 'stop', reason: 'forbidden' },
  4404: { then: 'afresh', wait: 0 },
  4408: { then: 'resume', wait: 0 },
  4409: { then: 'stop', reason: 'replaced' },
  4410: { then: 'stop', reason: 'ended' },
  4411: { then: 'stop', reason: 'removed' },
  4412: { then: 'stop', reason: 'turned-away' },
  4423: { then: 'stop', reason: 'locked' },
  4429: { then: 'afresh', wait: 5000 },
  4503: { then: 'stop', reason: 'full' },
};

/** Milliseconds before each attempt in a row; the last one repeats. */
const BACK_OFF = [250, 500, 1000, 2000, 4000];

/**
 * What to do after the socket closed with `code`; unknown codes are the network's doing.
 * @param {number} code
 * @returns {Verdict}
 */
export function verdictOn(code) {
  return VERDICTS[code] ?? { then: 'resume', wait: null };
}

/**
 * How long to wait before attempt number `attempt` (0, 1, 2 …).
 *
 * Up to a fifth is taken off at random: after a restart not everybody knocks in the same instant.
 * @param {number} attempt
 * @param {() => number} random
 * @param {number} [cap] milliseconds
 * @returns {number} milliseconds
 */
export function backOff(attempt, random = Math.random, cap = Infinity) {
  const full = Math.min(cap, BACK_OFF[Math.min(attempt, BACK_OFF.length - 1)]);
  return Math.round(full * (1 - 0.2 * random()));
}
