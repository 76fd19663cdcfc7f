import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Publisher } from '../../../static/js/room/publisher.js';

/** Names its old track until a change is through, as browsers do. */
class FakeSender {
  track = null;
  #pending = [];

  replaceTrack(track) {
    return new Promise((resolve, reject) => { this.#pending.push({ track, resolve, reject }); });
  }

  /** The browser gets on with one change. */
  async proceeds(error = null) {
    const { track, resolve, reject } = this.#pending.shift();
    if (error) {
      reject(error);
    } else {
      this.track = track;
      resolve();
    }
    await new Promise(setImmediate);
  }

  get busy() { return this.#pending.length > 0; }
}

class FakeConnection extends EventTarget {
  static senders = [];

  addTransceiver() {
    const sender = new FakeSender();
    FakeConnection.senders.push(sender);
    return { sender, setCodecPreferences: () => undefined };
  }

  close() { /* nothing is open */ }
}

function publish(t) {
  FakeConnection.senders = [];
  globalThis.RTCPeerConnection = FakeConnection;
  globalThis.RTCRtpSender = { getCapabilities: () => ({ codecs: [] }) };
  const publisher = new Publisher({ crypto: { attachSender: () => undefined }, send: () => 0 });
  t.after(() => publisher.close());
  return { publisher, sender: FakeConnection.senders[0] };
}

const settled = () => new Promise(setImmediate);

test('a key that is tapped leaves the microphone as it was', async (t) => {
  const { publisher, sender } = publish(t);
  const voice = { id: 'voice' };
  void publisher.setTrack('microphone', voice);
  void publisher.setTrack('microphone', null);
  await settled();
  while (sender.busy) await sender.proceeds();
  assert.equal(sender.track, null, 'nothing is sent while the page says that it is muted');
});

test('muted and unmuted at once, the microphone is heard', async (t) => {
  const { publisher, sender } = publish(t);
  const voice = { id: 'voice' };
  sender.track = voice;
  void publisher.setTrack('microphone', null);
  void publisher.setTrack('microphone', voice);
  await settled();
  while (sender.busy) await sender.proceeds();
  assert.equal(sender.track, voice);
});

test('a change that failed does not hold up the next', async (t) => {
  const { publisher, sender } = publish(t);
  const failing = publisher.setTrack('microphone', { id: 'ended' });
  const voice = { id: 'voice' };
  void publisher.setTrack('microphone', voice);
  await settled();
  const refused = assert.rejects(failing);
  await sender.proceeds(new Error('ended'));
  await refused;
  while (sender.busy) await sender.proceeds();
  assert.equal(sender.track, voice);
});
