/* The form of a meeting: the time zone that this browser is in, and all that it knows. */

import { sendOnce } from './once.js';

const zone = document.getElementById('zone');
const zones = document.getElementById('zones');

if (zone instanceof HTMLInputElement && !zone.value) {
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
}

zones?.replaceChildren(...Intl.supportedValuesOf('timeZone').map((name) => {
  const option = document.createElement('option');
  option.value = name;
  return option;
}));

const form = zone?.closest('form') ?? document.querySelector('form.card');
if (form) sendOnce(form);
