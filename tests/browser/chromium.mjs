// A real browser with a fake camera and microphone, and what every script here wants to know of its pages.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

/** Longest wait for anything on a page. Only a failing test ever waits so long. */
export const PATIENCE_MS = 60_000;

export const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** The browser of the system's packages. */
export function executable(browser, names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here; the next folder may have it.
      }
    }
  }
  throw new Error(`no ${browser} in PATH: run tests/scripts/need.sh ${browser.toLowerCase()}`);
}

/** `devices: false` refuses camera and microphone, as a user would who clicks "Block". */
export function launch({ devices = true, more = [] } = {}) {
  return chromium.launch({
    executablePath: executable('Chromium', ['chromium', 'chromium-browser', 'google-chrome']),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream',
      devices ? '--use-fake-ui-for-media-stream' : '--deny-permission-prompts',
      ...more,
    ],
  });
}

/** Keeps every RTCPeerConnection of the page reachable, so that its own statistics can be read. */
const keepConnections = () => {
  const kept = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      kept.push(this);
    }
  };
  window.keptConnections = kept;
};

/**
 * Lets the next camera of the page open dark: it says that it is live and gives no frame, as browsers do now and then
 * on a computer that has too much to do.
 */
export const darken = (page) =>
  page.evaluate(() => {
    const media = navigator.mediaDevices;
    const native = media.getUserMedia.bind(media);
    media.getUserMedia = async (wish) => {
      if (!wish.video) return native(wish);
      media.getUserMedia = native;
      const [dark] = document.createElement('canvas').captureStream(0).getVideoTracks();
      return new MediaStream([dark]);
    };
  });

/** What the page receives, by the browser's own count: one entry per remote track that lives. */
const received = async () => {
  const tracks = new Map();
  for (const connection of window.keptConnections) {
    if (connection.connectionState !== 'connected') continue;
    for (const report of (await connection.getStats()).values()) {
      if (report.type !== 'inbound-rtp' || (report.packetsReceived ?? 0) === 0) continue;
      tracks.set(`${report.kind}:${report.ssrc}`, {
        id: `${report.kind}:${report.trackIdentifier}`,
        kind: report.kind,
        frames: report.framesDecoded ?? 0,
        energy: report.totalAudioEnergy ?? 0,
        lost: report.packetsLost ?? 0,
        width: report.frameWidth ?? 0,
      });
    }
  }
  return [...tracks.values()];
};

/** Statistics of the page's remote tracks. */
export const counts = (page) => page.evaluate(received);

/**
 * A page of its own login. `outside` collects every request that leaves the server, `errors` what the page threw:
 * both must stay empty.
 */
export async function open(browser, base, { language = 'vi', viewport = { width: 1366, height: 768 } } = {}) {
  const context = await browser.newContext({
    viewport,
    locale: language === 'vi' ? 'vi-VN' : 'en-GB',
    baseURL: base,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript(keepConnections);
  const outside = [];
  const errors = [];
  const own = new URL(base).host;
  const look = (address) => {
    const url = new URL(address);
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== own) outside.push(address);
  };
  context.on('request', (request) => look(request.url()));
  const page = await context.newPage();
  page.on('websocket', (socket) => look(socket.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  return { page, context, outside, errors };
}

/** Signs in as a person does. */
export async function signIn(page, username, password) {
  await page.goto('/login');
  await page.getByLabel(/^(Tên đăng nhập|User name|Username)/).fill(username);
  await page
    .getByLabel(/^(Mật khẩu|Password)/)
    .first()
    .fill(password);
  await page.getByRole('button', { name: /^(Đăng nhập|Sign in|Log in)$/ }).click();
  await page.waitForURL((url) => url.pathname !== '/login');
}

/** Runs a script to its end: what goes wrong becomes a line, and the exit code says so. */
export async function run(main) {
  try {
    await main();
    process.exit(0);
  } catch (error) {
    tell({ event: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  }
}
