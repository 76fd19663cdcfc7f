/* The invitation to a meeting: its link's secret part is in this browser alone, so text and file are made here. */

import { loadMeeting } from '../e2ee/host-store.js';
import { calendarFile } from './ics.js';
import { makeLink, wholeLink } from './new-link.js';
import { text } from './texts.js';

const MARK = '\ufffc'; // where the server left room for the link

const card = /** @type {HTMLElement} */ (document.getElementById('invitation'));
const area = /** @type {HTMLTextAreaElement} */ (document.getElementById('text'));
const choice = /** @type {HTMLSelectElement} */ (document.getElementById('language'));
const said = /** @type {HTMLElement} */ (document.getElementById('said'));

/** @type {Record<string, string>} */
const texts = JSON.parse(card.dataset.texts ?? '{}');
/** @type {import('./ics.js').CalendarEvent | null} */
const event = JSON.parse(card.dataset.event ?? 'null');

let file = '';

/** @param {string} name @returns {HTMLAnchorElement | null} */
const part = (name) => card.querySelector(`[data-part="${name}"]`);

/** @param {string} code @returns {Promise<string>} the whole link, or empty when it is on another device */
async function linkOf(code) {
  const kept = await loadMeeting(code);
  if (kept) return wholeLink(code, kept.fragment);
  return code === card.dataset.fresh ? makeLink(code) : '';
}

/** @param {string} link */
function write(link) {
  const words = texts[choice.value];
  const at = words.lastIndexOf(MARK);
  area.value = at < 0 ? words : words.slice(0, at) + link + words.slice(at + MARK.length);
  const title = document.querySelector('h1')?.textContent ?? '';
  const mail = part('mail');
  if (mail) mail.href = `mailto:?subject=${encodeURIComponent(title)}&body=${encodeURIComponent(area.value)}`;
  const calendar = part('calendar');
  if (!calendar || !event) return;
  URL.revokeObjectURL(file);
  const lines = calendarFile(event, { link: at < 0 ? '' : link, text: area.value, now: Date.now() });
  file = URL.createObjectURL(new Blob([lines], { type: 'text/calendar;charset=utf-8' }));
  calendar.href = file;
  calendar.download = `${event.code}.ics`;
}

async function copy() {
  try {
    await navigator.clipboard.writeText(area.value);
    said.textContent = text('copied');
    const button = /** @type {HTMLElement} */ (part('copy'));
    const label = button.dataset.label ?? button.textContent ?? '';
    button.dataset.label = label;
    button.textContent = text('copied');
    setTimeout(() => { button.textContent = label; }, 2000);
  } catch {
    area.select();
    said.textContent = text('copy-failed');
  }
}

async function start() {
  const code = card.dataset.code ?? '';
  const link = await linkOf(code).catch(() => '');
  const ready = Boolean(link) || Boolean(event?.cancelled);
  /** @type {HTMLElement} */ (part('ready')).hidden = !ready;
  /** @type {HTMLElement} */ (part('elsewhere')).hidden = ready;
  if (!ready) return;
  write(link);
  choice.addEventListener('change', () => write(link));
  part('copy')?.addEventListener('click', copy);
}

void start();
