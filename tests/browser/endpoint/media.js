// What an endpoint sends: a picture that moves, a tone that never pauses, a slide whose fine print can be read back.

/** Opus as the UI sends it: redundancy, and silence suppressed. Three layers of a small picture would be one too many. */
export const PUBLICATIONS = {
  microphone: { red: true, dtx: true, audioPreset: { maxBitrate: 24_000, priority: 'high' } },
  camera: { videoCodec: 'vp8', simulcast: true, backupCodec: false },
  screen: { videoCodec: 'vp8', simulcast: false, backupCodec: false },
};

/** A slide is a grid of black and white squares of so many pixels: the stroke of 32-pixel letters. */
export const CELL = 4;
/** Slides are of 720 lines, as most projectors show them. */
export const SLIDE = { width: 1280, height: 720 };

/** Whether a square of a slide is black: the same on both ends, without order for an eye or an encoder. */
export function isBlack(slide, column, row) {
  let mixed =
    Math.imul(slide + 1, 0x9e3779b1) ^ Math.imul(column + 1, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) & 1) === 1;
}

/** The part of a slide with fine print, in squares; the rest is white, as on slides. */
export const PRINT = { left: 40, top: 30, columns: 120, rows: 40 };

/** Spots that each frame has anew. */
const GRAINS = 120;

function canvas(width, height) {
  const made = document.createElement('canvas');
  made.width = width;
  made.height = height;
  return [made, made.getContext('2d')];
}

function movingPicture({ width = 640, height = 360, fps = 15 }) {
  const [picture, brush] = canvas(width, height);
  const started = performance.now();
  const draw = () => {
    const seconds = (performance.now() - started) / 1000;
    brush.fillStyle = '#57606a';
    brush.fillRect(0, 0, width, height);
    for (let bar = 0; bar < 6; bar++) {
      brush.fillStyle = `hsl(${(bar * 60 + seconds * 20) % 360} 70% 55%)`;
      const left = (seconds * (60 + bar * 25)) % width;
      brush.fillRect(left, (bar * height) / 6, width / 8, height / 6);
    }
    // The grain of a real camera, or the encoder would need next to nothing.
    for (let grain = 0; grain < GRAINS; grain++) {
      brush.fillStyle = grain % 2 === 0 ? '#0004' : '#fff4';
      brush.fillRect(Math.random() * width, Math.random() * height, 12, 12);
    }
  };
  draw();
  setInterval(draw, 1000 / fps);
  // Every drawing is a frame. Told a rate as well, Firefox takes every other one: its clock and this one miss each other.
  return picture.captureStream().getVideoTracks()[0];
}

/**
 * A tone without pauses. Firefox's fake microphone is one; the one of Chromium beeps. Firefox's AudioContext, on the other
 * hand, stands still on a machine without a sound card.
 */
async function tone() {
  if (navigator.userAgent.includes('Firefox')) {
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks()[0];
  }
  const context = new AudioContext({ sampleRate: 48_000 });
  const source = context.createOscillator();
  const quieter = context.createGain();
  const out = context.createMediaStreamDestination();
  quieter.gain.value = 0.3;
  source.frequency.value = 440;
  source.connect(quieter).connect(out);
  source.start();
  return out.stream.getAudioTracks()[0];
}

function slides({ change_ms = 15_000 }) {
  const [slide, brush] = canvas(SLIDE.width, SLIDE.height);
  let number = 0;
  const draw = () => {
    brush.fillStyle = 'white';
    brush.fillRect(0, 0, SLIDE.width, SLIDE.height);
    brush.fillStyle = 'black';
    for (let bit = 0; bit < 8; bit++) if ((number >> bit) & 1) brush.fillRect(160 + bit * 40, 40, 40, 40);
    for (let row = 0; row < PRINT.rows; row++) {
      for (let column = 0; column < PRINT.columns; column++) {
        if (isBlack(number, column, row))
          brush.fillRect((PRINT.left + column) * CELL, (PRINT.top + row) * CELL, CELL, CELL);
      }
    }
    number = (number + 1) % 256;
  };
  draw();
  setInterval(draw, change_ms);
  // A still canvas sends nothing; the hand of a clock in a corner keeps frames coming, as a real share does.
  let hand = 0;
  setInterval(() => {
    brush.fillStyle = (hand = 1 - hand) === 0 ? '#ddd' : '#eee';
    brush.fillRect(SLIDE.width - 24, SLIDE.height - 24, 16, 16);
  }, 200);
  return slide.captureStream(5).getVideoTracks()[0];
}

/** A track of that source. */
export async function makeTrack(source, how) {
  if (source === 'microphone') return tone();
  if (source === 'camera') return movingPicture(how);
  const track = slides(how);
  track.contentHint = 'detail';
  return track;
}

/** Reads the slide in a picture: its number, and the share of the fine print that is as it was written. */
export function readSlide(video) {
  const [page, brush] = canvas(SLIDE.width, SLIDE.height);
  brush.drawImage(video, 0, 0, SLIDE.width, SLIDE.height);
  const { data } = brush.getImageData(0, 0, SLIDE.width, SLIDE.height);
  page.remove();
  const dark = (x, y) => data[(y * SLIDE.width + x) * 4 + 1] < 128;
  let number = 0;
  for (let bit = 0; bit < 8; bit++) if (dark(180 + bit * 40, 60)) number |= 1 << bit;
  let right = 0;
  for (let row = 0; row < PRINT.rows; row++) {
    for (let column = 0; column < PRINT.columns; column++) {
      const x = (PRINT.left + column) * CELL + CELL / 2;
      const y = (PRINT.top + row) * CELL + CELL / 2;
      if (dark(x, y) === isBlack(number, column, row)) right++;
    }
  }
  return { number, legible: right / (PRINT.rows * PRINT.columns) };
}
