// A camera that paints a person: for screenshots without anybody's face in them. Gives a function of
// a number; each number is another person in another room. The page that opens the camera sees a stream
// like any other.
(who) => {
  const WIDTH = 960, HEIGHT = 540, FRAMES = 6;
  const ROOMS = [
    ['#d9c7a8', '#8a6f4d'], ['#b7c9c2', '#54716a'], ['#c9b8c9', '#6d5470'], ['#c6ccd9', '#4f5d7a'],
    ['#e0c2ae', '#97593c'], ['#c4d0b0', '#5f7344'], ['#d8d0c4', '#6f6558'], ['#aebfcb', '#3f5a6b'],
    ['#e3d3a2', '#92762f'],
  ];
  const SKINS = ['#e8b992', '#8d5a3b', '#f1cdb0', '#6b432d', '#d79f74', '#b57b52'];
  const HAIR = ['#2f2019', '#15110f', '#8b5a2b', '#101012', '#5c4033', '#b9b4ad'];
  const CLOTHES = ['#2d5d4b', '#b4532f', '#344a7c', '#7a2f45', '#d0a338', '#4b4f57', '#5a7d3a', '#713f7b', '#226f83'];
  const pick = (list, step) => list[(who * step) % list.length];

  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext('2d');
  const oval = (colour, x, y, rx, ry, turn = 0) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.ellipse(x, y, rx, ry, turn, 0, 2 * Math.PI);
    pen.fill();
  };

  const wall = () => {
    const [light, dark] = pick(ROOMS, 1);
    const shade = pen.createLinearGradient(0, 0, WIDTH, HEIGHT);
    shade.addColorStop(0, light);
    shade.addColorStop(1, dark);
    pen.fillStyle = shade;
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    const left = who % 2 ? 70 : 690;
    pen.fillStyle = 'rgba(255, 255, 255, .35)';
    pen.fillRect(left, 60, 200, 240);
    pen.fillStyle = 'rgba(0, 0, 0, .12)';
    pen.fillRect(left + 97, 60, 6, 240);
    pen.fillRect(WIDTH - left - 200, 330, 210, 14);
    for (let i = 0; i < 6; i += 1) {
      pen.fillStyle = pick(CLOTHES, i + 2) + 'b0';
      pen.fillRect(WIDTH - left - 190 + i * 28, 240 + ((i * 37 + who * 11) % 30), 22, 90 - ((i * 37 + who * 11) % 30));
    }
  };

  const person = (time) => {
    const sway = Math.sin(time / 900 + who) * 8, nod = Math.sin(time / 650 + who * 2) * 3;
    const x = WIDTH / 2 + ((who * 53) % 90) - 45 + sway, y = 250 + nod;
    const skin = pick(SKINS, 5), hair = pick(HAIR, 1);
    if (who % 3 !== 1) oval(hair, x, y + 26, 112, 168);
    oval(pick(CLOTHES, 2), x, HEIGHT + 70, 250, 210);
    pen.fillStyle = skin;
    pen.fillRect(x - 36, y + 80, 72, 90);
    pen.fillStyle = 'rgba(0, 0, 0, .12)';
    pen.fillRect(x - 36, y + 100, 72, 36);
    oval(hair, x, y - 34, 104, 112);
    oval(skin, x, y + 14, 88, 112);
    oval(hair, x - 20, y - 82, 88, 40, -0.22);
    const blink = (time / 1000 + who * 0.7) % 4 < 0.15 ? 1 : 7;
    for (const side of [-34, 34]) {
      oval('#231815', x + side, y + 4, 7, blink);
      pen.strokeStyle = hair;
      pen.lineWidth = 7;
      pen.beginPath();
      pen.moveTo(x + side - 17, y - 23);
      pen.quadraticCurveTo(x + side, y - 31, x + side + 17, y - 23);
      pen.stroke();
    }
    if (who % 4 === 2) {
      pen.strokeStyle = '#2b2b30';
      pen.lineWidth = 5;
      for (const side of [-34, 34]) pen.strokeRect(x + side - 25, y - 14, 50, 36);
    }
    const open = Math.max(0, Math.sin(time / 300 + who)) * 10;
    pen.fillStyle = '#9c4a42';
    pen.beginPath();
    pen.moveTo(x - 27, y + 60);
    pen.quadraticCurveTo(x, y + 72, x + 27, y + 60);
    pen.quadraticCurveTo(x, y + 84 + open, x - 27, y + 60);
    pen.fill();
    pen.fillStyle = 'rgba(0, 0, 0, .16)';
    pen.beginPath();
    pen.moveTo(x - 3, y + 14);
    pen.quadraticCurveTo(x + 14, y + 40, x - 8, y + 42);
    pen.fill();
  };

  const paint = () => {
    wall();
    person(performance.now());
  };
  // Only one of them talks, so that one tile is marked as the speaker's.
  const voice = () => {
    const context = new AudioContext();
    const gain = new GainNode(context, { gain: who === 1 ? 0.12 : 0 });
    const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    const tone = new OscillatorNode(context, { type: 'triangle', frequency: 180 });
    tone.connect(gain).connect(out);
    tone.start();
    addEventListener('click', () => void context.resume(), true);
    return out.stream;
  };
  // A page of a talk, for whoever shares the screen.
  const slide = () => {
    const board = document.createElement('canvas');
    board.width = 1600;
    board.height = 900;
    const chalk = board.getContext('2d');
    const draw = () => {
      chalk.fillStyle = '#fdfcf7';
      chalk.fillRect(0, 0, 1600, 900);
      chalk.fillStyle = '#17211c';
      chalk.font = '700 64px sans-serif';
      chalk.fillText('The year in the community garden', 110, 160);
      chalk.font = '400 34px sans-serif';
      chalk.fillStyle = '#55625b';
      chalk.fillText('Harvest by month, in crates', 110, 220);
      const crates = [2, 3, 5, 9, 14, 22, 31, 36, 28, 17, 8, 3];
      crates.forEach((count, month) => {
        chalk.fillStyle = month === 7 ? '#d08a2c' : '#2d7d5f';
        chalk.fillRect(120 + month * 115, 780 - count * 13, 74, count * 13);
        chalk.fillStyle = '#55625b';
        chalk.fillText('JFMAMJJASOND'[month], 144 + month * 115, 832);
      });
      chalk.fillRect(110, 782, 1380, 3);
    };
    setInterval(draw, 500);
    draw();
    return board.captureStream(2);
  };
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  devices.getDisplayMedia = async () => slide();
  devices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    stream.getTracks().forEach((track) => track.stop());
    const tracks = [];
    if (wanted.audio) tracks.push(...voice().getAudioTracks());
    if (wanted.video) {
      paint();
      setInterval(paint, 1000 / FRAMES);
      tracks.push(...canvas.captureStream(FRAMES).getVideoTracks());
    }
    return new MediaStream(tracks);
  };
}
