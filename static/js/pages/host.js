/* A link for co-hosts brings the secret part of the meeting's link along: kept here, as when the meeting is
   opened, before signing in can lose it. A browser that has the host's key keeps what it has. */

import { loadMeeting, saveMeeting } from '../e2ee/host-store.js';
import { parseFragment } from '../e2ee/link.js';

const code = document.getElementById('host')?.dataset.code ?? '';

async function keep() {
  const fragment = location.hash.slice(1);
  try {
    parseFragment(fragment);
  } catch {
    return;
  }
  const known = await loadMeeting(code);
  if (!known?.hostKey) await saveMeeting({ code, fragment });
}

void keep().catch(() => undefined);
