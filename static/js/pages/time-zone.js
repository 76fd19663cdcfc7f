/**
 * Time zones for calendar files: VTIMEZONE (RFC 5545 §3.6.5), made out of what the browser knows about a zone.
 * Pure: no DOM, no clock.
 */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const STEP = 14 * DAY; // no zone changes its clocks twice within two weeks
const YEARS = 10;
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

/**
 * @typedef {object} Change
 * @property {number} wall what the clock showed when it was changed, as milliseconds of a clock in UTC
 * @property {number} from offset from UTC before it, minutes
 * @property {number} to offset after it, minutes
 */

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {string} zone */
function clockOf(zone) {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
      minute: 'numeric', second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  return clock;
}

/**
 * How far a zone's clocks are ahead of UTC, in minutes.
 * @param {string} zone IANA name
 * @param {number} at milliseconds since 1970
 */
function offsetAt(zone, at) {
  const parts = Object.fromEntries(clockOf(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((wall - Math.floor(at / 1000) * 1000) / MINUTE);
}

/**
 * When a zone changes its clocks.
 * @param {string} zone
 * @param {number} begin
 * @param {number} end milliseconds since 1970
 * @returns {Change[]} in turn
 */
export function changes(zone, begin, end) {
  const found = [];
  let [at, from] = [begin, offsetAt(zone, begin)];
  while (at < end) {
    const next = Math.min(at + STEP, end);
    const to = offsetAt(zone, next);
    if (to !== from) found.push({ wall: border(zone, at, next, from) + from * MINUTE, from, to });
    [at, from] = [next, to];
  }
  return found;
}

/** The first minute with another offset. @param {string} zone @param {number} low @param {number} high @param {number} from */
function border(zone, low, high, from) {
  while (high - low > MINUTE) {
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    if (offsetAt(zone, middle) === from) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * The lines of a VTIMEZONE that serves meetings from a day on.
 * @param {string} zone
 * @param {number} since milliseconds; the file covers the year of it and ten more, and all later ones where the
 *   zone keeps to a rule
 * @returns {string[]}
 */
export function timeZoneLines(zone, since) {
  const year = new Date(since).getUTCFullYear();
  // begun a day early: the year begins earlier in the east
  const begin = Date.UTC(year, 0, 1) - DAY;
  const all = changes(zone, begin, Date.UTC(year + YEARS, 0, 1));
  const first = offsetAt(zone, begin);
  const rules = yearly(all, year);
  const lines = [`BEGIN:VTIMEZONE`, `TZID:${zone}`];
  lines.push(...observance({ wall: begin + first * MINUTE, from: first, to: first }, false, ''));
  for (const { change, rule } of rules ?? all.map((change) => ({ change, rule: '' }))) {
    lines.push(...observance(change, change.to > change.from, rule));
  }
  return [...lines, 'END:VTIMEZONE'];
}

/** @param {Change} change @param {boolean} summer @param {string} rule */
function observance({ wall, from, to }, summer, rule) {
  const kind = summer ? 'DAYLIGHT' : 'STANDARD';
  return [
    `BEGIN:${kind}`, `DTSTART:${stamp(wall)}`, `TZOFFSETFROM:${offset(from)}`, `TZOFFSETTO:${offset(to)}`,
    ...(rule ? [`RRULE:${rule}`] : []), `END:${kind}`,
  ];
}

/**
 * The changes as rules for every year, or null where they follow none that says "the second Sunday of March".
 * @param {Change[]} all
 * @param {number} year the first
 * @returns {{change: Change, rule: string}[] | null}
 */
function yearly(all, year) {
  if (all.length !== 2 * YEARS) return null;
  const kinds = [0, 1].map((odd) => all.filter((_, index) => index % 2 === odd));
  const rules = kinds.map((kind) => ({ change: kind[0], rule: ruleOf(kind, year) }));
  return rules.every(({ rule }) => rule) ? rules : null;
}

/** @param {Change[]} kind one a year @param {number} year */
function ruleOf(kind, year) {
  const days = kind.map(({ wall }) => new Date(wall));
  const [{ from, to }, day] = [kind[0], days[0]];
  const alike = kind.every((each, index) => each.from === from && each.to === to
    && days[index].getUTCFullYear() === year + index
    && days[index].getUTCMonth() === day.getUTCMonth() && days[index].getUTCDay() === day.getUTCDay()
    && days[index].getUTCHours() === day.getUTCHours() && days[index].getUTCMinutes() === day.getUTCMinutes());
  const places = new Set(days.map((each) => Math.ceil(each.getUTCDate() / 7)));
  const last = days.every((each) => new Date(each.getTime() + 7 * DAY).getUTCMonth() !== each.getUTCMonth());
  if (!alike || (places.size > 1 && !last)) return '';
  const place = places.size === 1 ? [...places][0] : -1;
  return `FREQ=YEARLY;BYMONTH=${day.getUTCMonth() + 1};BYDAY=${place}${WEEKDAYS[day.getUTCDay()]}`;
}

/** @param {number} wall milliseconds @returns {string} `20261025T030000` */
export const stamp = (wall) => new Date(wall).toISOString().replace(/[-:]|\.\d+Z/g, '');

/** @param {number} minutes */
function offset(minutes) {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`;
}
