// Runs before the scripts of every page under test: what a person would see and hear, as numbers.
// It watches and changes nothing: the product does not know that it is there. Only a press that would hit something
// else than was aimed at, because that has moved meanwhile, reaches nobody.
() => {
  if (window.probe) return;
  /** @type {RTCPeerConnection[]} */
  const peers = [];
  const violations = [];
  const Real = window.RTCPeerConnection;
  if (Real) {
    window.RTCPeerConnection = new Proxy(Real, {
      construct(target, args, newTarget) {
        const peer = Reflect.construct(target, args, newTarget);
        peers.push(peer);
        return peer;
      },
    });
  }
  addEventListener('securitypolicyviolation', (event) => {
    violations.push(`${event.effectiveDirective} blocked ${event.blockedURI} in ${event.sourceFile}`);
  }, true);

  /** Every element that matches, inside open shadow trees too. */
  const all = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const host of root.querySelectorAll('*')) {
      if (host.shadowRoot) found.push(...all(selector, host.shadowRoot));
    }
    return found;
  };
  const parent = (node) => node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentNode;
  const shown = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const one = (selector) => {
    const found = all(selector);
    return found.find(shown) ?? found[0] ?? null;
  };
  const holds = (outer, inner) => {
    for (let node = inner; node; node = parent(node)) if (node === outer) return true;
    return false;
  };

  const isOn = (node, hit) => [node, ...node.labels ?? []].some((each) => holds(each, hit));

  /** What the next press is for, and whether it was on it. */
  let aim = null;
  const guard = (event) => {
    if (!aim) return;
    if (event.type === 'pointerdown') aim.hit = isOn(aim.node, event.composedPath()[0]);
    if (aim.hit) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) addEventListener(type, guard, true);
  const aimAt = (selector) => { aim = { node: one(selector), hit: false }; };
  /** Whether the press was on it; a page that came with the press was not aimed at. */
  const landed = () => {
    const { hit } = aim ?? { hit: true };
    aim = null;
    return hit;
  };

  /** Where a pointer would hit the element, or why it would not. */
  const target = (selector) => {
    const node = one(selector);
    if (!node) return { problem: 'no such element' };
    if (!shown(node)) return { problem: 'not visible' };
    if (node.disabled) return { problem: 'disabled' };
    node.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const box = node.getBoundingClientRect();
    const x = Math.round(box.x + box.width / 2), y = Math.round(box.y + box.height / 2);
    let hit = document.elementFromPoint(x, y);
    while (hit?.shadowRoot) {
      const deeper = hit.shadowRoot.elementFromPoint(x, y);
      if (!deeper || deeper === hit) break;
      hit = deeper;
    }
    if (!hit || !isOn(node, hit)) {
      return { problem: `covered by ${hit?.outerHTML?.slice(0, 120) ?? 'nothing on the screen'}` };
    }
    return { x, y };
  };

  const activeElement = () => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node;
  };

  const tileOf = (node) => {
    for (let each = node; each; each = parent(each)) {
      if (each.dataset?.testid === 'tile' && each.dataset.index !== undefined) return each.dataset;
    }
    return null;
  };

  /** Frames that a video element has put on the screen since it was first looked at. */
  const counts = new WeakMap();
  let firstRemote = 0;
  const framesOf = (video) => {
    if (!counts.has(video)) {
      counts.set(video, 0);
      const count = (now) => {
        counts.set(video, counts.get(video) + 1);
        if (!firstRemote && !isOwn(video)) firstRemote = now;
        video.requestVideoFrameCallback(count);
      };
      video.requestVideoFrameCallback(count);
    }
    return counts.get(video);
  };
  /** When each control was last pressed. */
  const clicks = new Map();
  addEventListener('click', (event) => {
    for (const node of event.composedPath()) {
      if (!node.dataset?.testid) continue;
      clicks.set(node.dataset.testid, event.timeStamp);
      // from here on no first frame is missed between two looks
      if (node.dataset.testid === 'prejoin-join') requestAnimationFrame(watch);
    }
  }, true);
  const watch = () => {
    all('video').forEach(framesOf);
    if (!firstRemote) requestAnimationFrame(watch);
  };

  /** One row a picture on the screen: whose it is, how big, and how many frames it has shown. */
  const pictures = () => all('video').filter(shown).map((video) => {
    const tile = tileOf(video);
    return {
      index: tile ? Number(tile.index) : null,
      source: tile?.source ?? null,
      own: isOwn(video),
      width: video.videoWidth,
      height: video.videoHeight,
      frames: framesOf(video),
    };
  });

  const open = () => peers.filter((peer) => peer.connectionState !== 'closed');
  const remote = (track) => open().some((peer) => peer.getReceivers().some((each) => each.track === track));
  const isOwn = (video) => !video.srcObject?.getVideoTracks().some(remote);
  /** A sound counts as played when an element with the track of the receiver plays it aloud. */
  const aloud = (track) => all('audio, video').some((element) => element.srcObject instanceof MediaStream
    && element.srcObject.getTracks().includes(track)
    && !element.paused && !element.muted && element.volume > 0);

  /** One row a sound that comes in: energy of what was decoded so far, and whether it is played. */
  const sounds = async () => {
    const rows = [];
    for (const peer of open()) {
      for (const transceiver of peer.getTransceivers()) {
        const { receiver, currentDirection, mid } = transceiver;
        if (receiver.track.kind !== 'audio' || !currentDirection?.includes('recv')) continue;
        for (const entry of (await receiver.getStats()).values()) {
          if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
          rows.push({
            mid, energy: entry.totalAudioEnergy ?? 0, packets: entry.packetsReceived,
            aloud: aloud(receiver.track),
          });
        }
      }
    }
    return rows;
  };

  let leaving = false;
  addEventListener('beforeunload', () => { leaving = true; });
  /** The page is there as a whole; one that is about to go does not answer, unless what came was a mere download. */
  const settled = async () => {
    if (leaving) await new Promise((done) => setTimeout(done, 5000));
    leaving = false;
    if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done));
  };

  window.probe = {
    all, one, shown, target, aimAt, landed, settled, activeElement, pictures, sounds, peers, violations,
    clicked: (testid) => clicks.get(testid),
    firstRemoteFrame: () => firstRemote,
  };
}
