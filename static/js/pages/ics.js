/**
 * Calendar files (RFC 5545), written in the browser because they hold the whole link of a meeting.
 * Pure: no DOM, no clock.
 */

import { stamp, timeZoneLines } from './time-zone.js';

/**
 * What the server knows about a meeting; times on the wall clock of `zone`, those in UTC end in Z.
 * @typedef {object} CalendarEvent
 * @property {string} uid
 * @property {number} sequence
 * @property {string} code
 * @property {string} title
 * @property {string} organizer a name, or empty
 * @property {string} zone
 * @property {string} begin
 * @property {string} end
 * @property {string} begin_utc
 * @property {string} end_utc
 * @property {string} rrule
 * @property {string[]} exdates
 * @property {boolean} cancelled
 */

const LINE_BYTES = 75; // §3.1, without the line break

/**
 * The file for one meeting.
 * @param {CalendarEvent} event
 * @param {object} more
 * @param {string} more.link the whole link, or empty
 * @param {string} more.text what the invitation says
 * @param {number} more.now milliseconds since 1970
 * @returns {string} with the line breaks of the format
 */
export function calendarFile(event, { link, text, now }) {
  // a single date is a moment; what repeats keeps to the clock of its zone
  const zoned = Boolean(event.rrule) && event.zone !== 'UTC';
  const lines = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//OnMeet//OnMeet//EN', 'CALSCALE:GREGORIAN',
    `METHOD:${event.cancelled ? 'CANCEL' : 'PUBLISH'}`, // RFC 5546 §3.2.1, §3.2.5
    ...(zoned ? timeZoneLines(event.zone, moment(event.begin_utc)) : []),
    'BEGIN:VEVENT', `UID:${event.uid}`, `SEQUENCE:${event.sequence}`, `DTSTAMP:${stamp(now)}Z`,
    ...dates(event, zoned),
    `SUMMARY:${escaped(event.title)}`,
    `STATUS:${event.cancelled ? 'CANCELLED' : 'CONFIRMED'}`,
    // both methods ask for an organizer, whose address is nobody's business
    `ORGANIZER;CN=${parameter(event.organizer || 'OnMeet')}:invalid:nomail`,
    `DESCRIPTION:${escaped(text)}`,
    ...(link ? [`LOCATION:${escaped(link)}`, `URL:${link}`] : []),
    'END:VEVENT', 'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** @param {CalendarEvent} event @param {boolean} zoned */
function dates({ zone, begin, end, begin_utc, end_utc, rrule, exdates }, zoned) {
  if (!zoned) {
    const utc = exdates.map((each) => `${each}Z`); // only of a rule in UTC
    return [`DTSTART:${begin_utc}`, `DTEND:${end_utc}`, ...rule(rrule), ...utc.map((each) => `EXDATE:${each}`)];
  }
  const at = `;TZID=${zone}:`;
  return [`DTSTART${at}${begin}`, `DTEND${at}${end}`, ...rule(rrule), ...exdates.map((each) => `EXDATE${at}${each}`)];
}

/** @param {string} rrule */
const rule = (rrule) => (rrule ? [`RRULE:${rrule}`] : []);

/** @param {string} utc `20261124T090000Z` */
function moment(utc) {
  const [, year, month, day] = /** @type {string[]} */ (/^(\d{4})(\d\d)(\d\d)/.exec(utc));
  return Date.UTC(Number(year), Number(month) - 1, Number(day));
}

/** TEXT of §3.3.11. @param {string} text */
export function escaped(text) {
  return text.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '').replace(/[\\;,]/g, '\\$&')
    .replace(/\n/g, '\\n');
}

/** A parameter's value, quoted (§3.2): it knows no escape. @param {string} text */
const parameter = (text) => `"${text.replace(/"/g, "'").replace(/[\x00-\x1f\x7f]/g, ' ')}"`;

/** §3.1: at most 75 octets a line, and no character cut in two. @param {string} line */
export function folded(line) {
  const encoder = new TextEncoder();
  let [result, bytes] = ['', 0];
  for (const sign of line) {
    const size = encoder.encode(sign).length;
    if (bytes + size > LINE_BYTES) [result, bytes] = [`${result}\r\n `, 1];
    result += sign;
    bytes += size;
  }
  return result;
}
