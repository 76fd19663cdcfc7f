/**
 * The part of an element that the template marks with `data-ref`.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {ParentNode} root
 * @param {string} name
 * @param {new (...args: any[]) => E} [type] what it has to be
 * @returns {E}
 * @throws {Error} when the template and the script do not fit together
 */
export function part(root, name, type) {
  const found = root.querySelector(`[data-ref="${name}"]`);
  if (!(found instanceof (type ?? HTMLElement))) throw new Error(`the template has no part ${name}`);
  return /** @type {E} */ (found);
}

/**
 * A copy of a template's content.
 * @param {string} id
 * @returns {DocumentFragment}
 */
export function copyOf(id) {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`there is no template ${id}`);
  return /** @type {DocumentFragment} */ (template.content.cloneNode(true));
}

/**
 * One element by its selector.
 * @template {HTMLElement} [E=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {E}
 */
export function one(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return /** @type {E} */ (found);
}

/**
 * Show the icon of one state of a control, hide the other.
 * @param {HTMLElement} control
 * @param {boolean} on
 */
export function showWhen(control, on) {
  control.dataset.on = String(on);
  for (const face of /** @type {NodeListOf<HTMLElement>} */ (control.querySelectorAll('[data-when]'))) {
    face.hidden = (face.dataset.when === 'on') !== on;
  }
}

/**
 * Call `take` with the detail of each event of a type.
 * @param {EventTarget} from
 * @param {string} type
 * @param {(detail: any) => void} take
 */
export function on(from, type, take) {
  from.addEventListener(type, (event) => take(/** @type {CustomEvent} */ (event).detail));
}

/**
 * @param {HTMLMeterElement} meter
 * @param {number} level 0 … 1
 */
export function showLevel(meter, level) {
  meter.value = level;
  meter.style.setProperty('--level', level.toFixed(2));
}
