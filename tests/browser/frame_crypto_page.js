// Two connections in one page, each with a worker of its own: one sends a tone and a picture, the other
// receives. `window.scene` is what the test talks to.

import { FrameCrypto } from '/static/js/e2ee/frame-crypto.js';

const CONFIG = { encodedInsertableStreams: true, bundlePolicy: 'max-bundle' };
const LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' },
];
const SENDER = 3;
const RECEIVER = 8;

const worker = () => new Worker('/static/js/e2ee/worker.js', { type: 'module' });

/** The same base keys for everybody who asks for the same epoch. */
function bases(n, wrong = 0) {
  const of = (salt) => new Uint8Array(32).fill(n * 7 + salt + wrong);
  return { audio: of(1), video: of(2), share: of(3), chat: of(4) };
}

function picture() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d');
  let step = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${step += 7} 80% 50%)`;
    context.fillRect(0, 0, 640, 360);
  }, 50);
  return canvas.captureStream(20).getVideoTracks()[0];
}

function tone() {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: 440 });
  const end = context.createMediaStreamDestination();
  oscillator.connect(end);
  oscillator.start();
  return end.stream.getAudioTracks()[0];
}

const vp8Only = (sdp, pc) => {
  const { codecs } = RTCRtpSender.getCapabilities('video');
  for (const each of pc.getTransceivers()) {
    if (each.receiver.track.kind === 'video') {
      each.setCodecPreferences(codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType)));
    }
  }
  return sdp;
};

class Scene {
  news = [];

  /** @param {{sealed?: boolean, simulcast?: boolean, aim?: number}} options */
  async start({ sealed = true, simulcast = false, aim = SENDER } = {}) {
    // What is sent unsealed comes from a connection that does not hold back.
    this.up = new RTCPeerConnection(sealed ? CONFIG : {});
    this.down = new RTCPeerConnection(CONFIG);
    [this.sender, this.receiver] = [new FrameCrypto(worker()), new FrameCrypto(worker())];
    for (const type of ['undecryptable', 'dead']) {
      this.receiver.addEventListener(type, ({ detail }) => this.news.push({ type, ...detail }));
    }
    this.down.ontrack = ({ receiver, track }) => {
      this.receiver.attachReceiver(receiver, { ...this.kind(track.kind), index: aim });
      const element = Object.assign(document.createElement(track.kind), { autoplay: true, muted: true });
      element.srcObject = new MediaStream([track]);
      document.body.append(element);
    };
    for (const [from, to] of [[this.up, this.down], [this.down, this.up]]) {
      from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
    }
    for (const kind of ['audio', 'video']) {
      const layered = simulcast && kind === 'video';
      const { sender } = this.up.addTransceiver(kind, { direction: 'sendonly', ...(layered && { sendEncodings: LAYERS }) });
      if (sealed) this.sender.attachSender(sender, this.kind(kind));
      await sender.replaceTrack(kind === 'audio' ? tone() : picture());
    }
    vp8Only('', this.up);
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
