// Two connections in one page, each with a worker of its own: one sends a tone and a picture, the other
// receives. `window.scene` is what the test talks to.

import { FrameCrypto } from '/static/js/e2ee/frame-crypto.js';

const CONFIG = { encodedInsertableStreams: true, bundlePolicy: 'max-bundle' };
const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 60_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 80_000 },
  { rid: 'f', maxBitrate: 100_000 },
];
/** Chromium makes three layers of nothing smaller. */
const [WIDTH, HEIGHT] = [960, 540];
const SENDER = 3;
const RECEIVER = 8;

const worker = () => new Worker('/static/js/e2ee/worker.js', { type: 'module' });

/** The same base keys for everybody who asks for the same epoch. */
function bases(n, wrong = 0) {
  const of = (salt) => new Uint8Array(32).fill(n * 7 + salt + wrong);
  return { audio: of(1), video: of(2), share: of(3), chat: of(4) };
}

/** A plain area that changes its colour. */
function picture() {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  const context = canvas.getContext('2d');
  let step = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${step += 7} 80% 50%)`;
    context.fillRect(0, 0, WIDTH, HEIGHT);
  }, 50);
  return canvas.captureStream(20).getVideoTracks()[0];
}

/** The fake microphone, as loud as it is. */
async function tone() {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
}

function vp8Only(transceiver) {
  const { codecs } = RTCRtpSender.getCapabilities('video');
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
}

class Scene {
  news = [];
  sender = new FrameCrypto(worker());
  receiver = new FrameCrypto(worker());

  /** @param {{sealed?: boolean, simulcast?: boolean, aim?: number}} options */
  async start({ sealed = true, simulcast = false, aim = SENDER } = {}) {
    // What is sent unsealed comes from a connection that does not hold back.
    this.up = new RTCPeerConnection(sealed ? CONFIG : {});
    this.down = new RTCPeerConnection(CONFIG);
    for (const type of ['undecryptable', 'dead']) {
      this.receiver.addEventListener(type, ({ detail }) => this.news.push({ type, ...detail }));
    }
    this.down.ontrack = ({ receiver, track }) => {
      this.receiver.attachReceiver(receiver, { ...this.kind(track.kind), index: aim });
      const element = Object.assign(document.createElement(track.kind), { autoplay: true });
      element.srcObject = new MediaStream([track]);
      document.body.append(element);
    };
    for (const [from, to] of [[this.up, this.down], [this.down, this.up]]) {
      from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
    }
    for (const kind of ['audio', 'video']) {
      const layered = simulcast && kind === 'video';
      const layers = layered ? { sendEncodings: LAYERS } : {};
      const transceiver = this.up.addTransceiver(kind, { direction: 'sendonly', ...layers });
      if (sealed) this.sender.attachSender(transceiver.sender, this.kind(kind));
      if (kind === 'video') vp8Only(transceiver);
      await transceiver.sender.replaceTrack(kind === 'audio' ? await tone() : picture());
    }
    await this.negotiate(simulcast);
  }

  kind(kind) {
    return kind === 'audio' ? { media: 'audio', codec: 'opus' } : { media: 'video', codec: 'vp8' };
  }

  async negotiate(simulcast) {
    await this.up.setLocalDescription();
    await this.down.setRemoteDescription(this.up.localDescription);
    await this.down.setLocalDescription();
    let { sdp } = this.down.localDescription;
    // No browser receives simulcast; the sender is told that this one does.
    if (simulcast && !sdp.includes('a=simulcast')) {
      sdp += ['q', 'h', 'f'].map((rid) => `a=rid:${rid} recv\r\n`).join('') + 'a=simulcast:recv q;h;f\r\n';
    }
    await this.up.setRemoteDescription({ type: 'answer', sdp });
  }

  give(who, n, wrong = 0) {
    const [crypto, index] = who === 'sender' ? [this.sender, SENDER] : [this.receiver, RECEIVER];
    crypto.setEpoch({ n, index, bases: bases(n, wrong) });
  }

  silence(silent) {
    this.sender.silence(silent);
  }

  async chat(text) {
    const sealed = await this.sender.seal(new TextEncoder().encode(text));
    const opened = await this.receiver.open(sealed, SENDER);
    return { opened: new TextDecoder().decode(opened), again: await this.receiver.open(sealed, SENDER).catch(String) };
  }

  async report() {
    const rows = async (pc, type) => [...(await pc.getStats()).values()].filter((row) => row.type === type);
    const received = await rows(this.down, 'inbound-rtp');
    const of = (kind) => received.find((row) => row.kind === kind) ?? {};
    const sent = await rows(this.up, 'outbound-rtp');
    return {
      framesDecoded: of('video').framesDecoded ?? 0,
      audioEnergy: of('audio').totalAudioEnergy ?? 0,
      audioPackets: of('audio').packetsReceived ?? 0,
      layers: sent.filter((row) => row.kind === 'video' && row.framesSent > 0).length,
      sender: await this.sender.stats(),
      receiver: await this.receiver.stats(),
      news: this.news,
    };
  }
}

window.scene = new Scene();
