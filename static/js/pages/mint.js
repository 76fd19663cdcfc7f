/**
 * Ask the server for a free code; this browser becomes the meeting's host.
 * @returns {Promise<string>}
 */
export async function mintCode() {
  const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
  const response = await fetch('/m', {
    method: 'POST',
    headers: { 'X-CSRFToken': token, Accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`start refused: ${response.status}`);
  return /** @type {string} */ ((await response.json()).code);
}
