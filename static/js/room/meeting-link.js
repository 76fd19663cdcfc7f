/**
 * The whole link of a meeting, built here because the part after `#` never leaves the browser.
 * @param {string} origin such as `https://meet.example`
 * @param {string} code
 * @param {string} fragment with or without `#`
 */
export function buildLink(origin, code, fragment) {
  return `${origin}/m/${code}#${fragment.replace(/^#/, '')}`;
}

/**
 * What somebody pasted: a whole link of this meeting, perhaps inside a sentence, or the part after `#`.
 *
 * @param {string} text
 * @param {string} code of the meeting that is open
 * @returns {{fragment: string} | {problem: 'empty' | 'other-meeting' | 'no-key'}}
 */
export function readPasted(text, code) {
  const trimmed = text.trim();
  if (!trimmed) return { problem: 'empty' };
  const fragment = /(?:^|#)(1\.[\w-]{8,}\.[\w-]{8,})/.exec(trimmed)?.[1];
  const named = /\/m\/([a-z]+-[a-z]+-[a-z]+)/i.exec(trimmed)?.[1]?.toLowerCase();
  if (named && named !== code) return { problem: 'other-meeting' };
  return fragment ? { fragment } : { problem: 'no-key' };
}
