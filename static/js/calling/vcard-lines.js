// The lines of a vCard file, whichever program wrote it and in whichever letters. Pure.

/** @typedef {{name: string, parameters: string, value: string}} Property */

const QUOTED = /^[^:]*[;=]QUOTED-PRINTABLE[^:]*:/i; // vCard 2.1, as telephones and Outlook write it

/**
 * The text of a file: UTF-8, UTF-16 with or without its mark, else what Windows writes in western Europe.
 * @param {Uint8Array} bytes
 */
export function textOf(bytes) {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first && second === 0)) return decoded(bytes, 'utf-16le');
  if ((first === 0xfe && second === 0xff) || (first === 0 && second)) return decoded(bytes, 'utf-16be');
  return lineByLine(bytes).map((line) => decoded(line, 'utf-8')).join('\n');
}

/** So that one line in other letters spoils no other. @param {Uint8Array} bytes */
function lineByLine(bytes) {
  const lines = [];
  for (let from = 0, to = 0; from <= bytes.length; from = to + 1) {
    to = bytes.indexOf(0x0a, from);
    if (to < 0) to = bytes.length;
    lines.push(bytes.subarray(from, to));
  }
  return lines;
}

/**
 * @param {string} text
 * @returns {Property[]} whole lines in their parts, with their values readable; what is none is left out
 */
export function properties(text) {
  return unfolded(text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)).map(parsed).filter((property) => property !== null);
}

/** What begins with a blank goes on with the line before, and so does what follows a soft break. @param {string[]} raw */
function unfolded(raw) {
  /** @type {string[]} */
  const lines = [];
  let soft = false; // RFC 2045 §6.7: a line that ends in = goes on
  for (const each of raw) {
    if (soft) lines.push(`${String(lines.pop()).slice(0, -1)}${each.replace(/^[ \t]/, '')}`);
    else if (lines.length && /^[ \t]/.test(each)) lines.push(lines.pop() + each.slice(1));
    else lines.push(each);
    soft = each.endsWith('=') && QUOTED.test(lines[lines.length - 1]);
  }
  return lines;
}

/**
 * `item1.TEL;TYPE="cell,voice":+49…`; a colon inside of quotes belongs to a parameter (RFC 6350 §3.3).
 * @param {string} line @returns {Property | null}
 */
function parsed(line) {
  const match = /^(?:[A-Za-z0-9-]+\.)?([A-Za-z0-9-]+)((?:;(?:[^:;"]|"[^"]*")*)*):(.*)$/.exec(line);
  if (!match) return null;
  const [, name, written, value] = match;
  const parameters = written.toUpperCase();
  return { name: name.toUpperCase(), parameters, value: QUOTED.test(line) ? unquoted(value, parameters) : value };
}

/** @param {string} value @param {string} parameters */
function unquoted(value, parameters) {
  const bytes = new Uint8Array(value.length);
  let size = 0;
  for (let at = 0; at < value.length; size += 1) {
    const hex = /^=([0-9A-F]{2})/i.exec(value.slice(at, at + 3));
    bytes[size] = hex ? parseInt(hex[1], 16) : value.charCodeAt(at);
    at += hex ? 3 : 1;
  }
  return decoded(bytes.subarray(0, size), /CHARSET="?([\w-]+)/.exec(parameters)?.[1] ?? 'utf-8');
}

const windows = new TextDecoder('windows-1252');

/** @param {Uint8Array} bytes @param {string} charset what they are said to be */
function decoded(bytes, charset) {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return windows.decode(bytes);
  }
}
