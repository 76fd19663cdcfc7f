/* After a meeting: the receipt for what was deleted. The room left the random name of the live room in this
   tab's storage; the receipt's address is its hash, which the server is asked for now, and only now. */

const PATIENCE = 5_000;
const PAUSE = 400;

const card = document.getElementById('receipt');

/** @typedef {{ at: string, stores: [string, string][], kept: [string, string][], page: string }} Receipt */

/** @param {string} name @returns {HTMLElement} */
function part(name) {
  return /** @type {HTMLElement} */ (card?.querySelector(`[data-part="${name}"]`));
}

/** @param {'waiting' | 'later' | 'done'} state */
function say(state) {
  if (card) card.hidden = false;
  for (const name of ['waiting', 'later', 'done']) part(name).hidden = name !== state;
}

/** The name of the live room that this tab left, or null; forgotten once the receipt is there. */
function left() {
  try {
    return sessionStorage.getItem('onmeet.left');
  } catch {
    return null;
  }
}

/** @param {string} instance */
async function idOf(instance) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(instance));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} id @returns {Promise<Receipt | null>} */
async function ask(id) {
  try {
    const answer = await fetch(`${card?.dataset.source}/${id}`, { headers: { Accept: 'application/json' } });
    return answer.status === 200 ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** @param {string} list @param {[string, string][]} pairs */
function fill(list, pairs) {
  part(list).replaceChildren(...pairs.map(([name, words]) => {
    const row = document.createElement('div');
    const term = document.createElement('dt');
    const said = document.createElement('dd');
    term.textContent = name;
    said.textContent = words;
    row.append(term, said);
    return row;
  }));
  part(`${list}-part`).hidden = !pairs.length;
}

/** @param {Receipt} receipt */
function show({ at, stores, kept, page }) {
  part('at').textContent = at;
  fill('stores', stores);
  fill('kept', kept);
  /** @type {HTMLAnchorElement} */ (part('page')).href = page;
  say('done');
}

/** @param {string} id */
async function wait(id) {
  say('waiting');
  const end = Date.now() + PATIENCE;
  for (;;) {
    const receipt = await ask(id);
    if (receipt) {
      sessionStorage.removeItem('onmeet.left');
      return show(receipt);
    }
    if (Date.now() > end) return say('later');
    await new Promise((done) => { setTimeout(done, PAUSE); });
  }
}

async function start() {
  const instance = left();
  if (!card || !instance) return;
  const id = await idOf(instance);
  part('again').addEventListener('click', () => void wait(id));
  await wait(id);
}

void start();
