/* What the server holds right now, kept up to date while somebody looks at it. Without this script the page
   shows the moment in which it was loaded. */

const EVERY = 10_000;

const page = /** @type {HTMLElement} */ (document.getElementById('live'));

/**
 * @typedef {object} Held
 * @property {Record<string, string>} figures by name, in words
 * @property {boolean} clean
 * @property {Record<string, [count: string, next: string, empty: boolean]>} items by category
 */

/** @param {ParentNode} root @param {string} selector @param {string} text */
function say(root, selector, text) {
  const element = root.querySelector(selector);
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {string} name @param {(element: HTMLElement) => void} change */
function withPart(name, change) {
  const element = page.querySelector(`[data-part="${name}"]`);
  if (element instanceof HTMLElement) change(element);
}

/** @param {Held} held */
function show({ figures, clean, items }) {
  for (const [name, words] of Object.entries(figures)) say(page, `[data-figure="${name}"]`, words);
  for (const [category, [count, next, empty]] of Object.entries(items)) {
    const row = page.querySelector(`[data-item="${category}"]`);
    if (!row) continue;
    say(row, '[data-part="count"]', count);
    say(row, '[data-part="next"]', next || '–');
    row.classList.toggle('empty-row', empty);
  }
  withPart('clean', (element) => { element.hidden = !clean; });
  withPart('unclean', (element) => { element.hidden = clean; });
  withPart('overdue', (element) => { element.className = clean ? 'good' : 'bad'; });
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(page.dataset.source ?? '', { headers: { Accept: 'application/json' } });
    if (answer.ok) show(await answer.json());
  } catch {
    // away for the moment: what is shown says when it was looked up
  }
}

setInterval(() => void refresh(), EVERY);
document.addEventListener('visibilitychange', () => void refresh());
