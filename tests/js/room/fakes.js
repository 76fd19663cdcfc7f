/** Time that moves only when a test says so. */
export class FakeClock {
  #now = 0;
  #timers = new Map();
  #ids = 0;

  now() { return this.#now; }

  setTimeout(callback, ms) {
    const id = ++this.#ids;
    this.#timers.set(id, { at: this.#now + ms, callback });
    return id;
  }

  clearTimeout(id) { this.#timers.delete(id); }

  get pending() { return this.#timers.size; }

  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = due[1].at;
      due[1].callback();
    }
    this.#now = end;
  }
}

/** A socket whose other end is the test. */
export class FakeSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  sent = [];
  closed = false;

  send(text) { this.sent.push(JSON.parse(text)); }
  close() { this.closed = true; }

  open() { this.onopen?.({}); }
  say(message) { this.onmessage?.({ data: JSON.stringify(message) }); }
  drop(code) { this.onclose?.({ code }); }
  types() { return this.sent.map((message) => message.type); }
}

/** Collects the details of events. */
export function listen(target, type) {
  const seen = [];
  target.addEventListener(type, (event) => seen.push(event.detail));
  return seen;
}
