/* A form that makes something: pressed twice in a hurry, it is sent once. */

const HURRY_MS = 3000;

/** @param {EventTarget} form */
export function sendOnce(form) {
  let sent = -Infinity;
  form.addEventListener('submit', (event) => {
    if (event.timeStamp - sent < HURRY_MS) event.preventDefault();
    else sent = event.timeStamp;
  });
}
