// The room page as a person uses it.

import { PATIENCE_MS } from './chromium.mjs';

const BUTTONS = {
  microphone: /^(Bật|Tắt) micrô$/,
  camera: /^(Bật|Tắt) camera$/,
};

/** Opens the room of a session on one of the two join paths, up to the look at one's own camera. */
export async function prepare(page, session, path) {
  await page.goto(`/sessions/${session}/room?single=${path === 'single' ? 1 : 0}`);
  await page.getByRole('button', { name: 'Vào phòng họp' }).waitFor();
}

/** Presses Join and waits until the page says that it is connected. */
export async function enter(page) {
  await page.getByRole('button', { name: 'Vào phòng họp' }).click();
  await page.locator('[data-connection="connected"]').waitFor();
}

/** Whether the page tells a person without camera or microphone what to do about it. */
export async function advice(page) {
  await page.getByText('Trình duyệt chưa được phép dùng').first().waitFor();
}

/**
 * Presses Join and returns the milliseconds from the press to the first decoded frame of somebody else, by the
 * page's own clock and the browser's own count.
 */
export async function enterTimed(page) {
  await page.evaluate(() => {
    window.pressedAt = null;
    addEventListener('click', () => (window.pressedAt ??= performance.now()), { capture: true, once: true });
  });
  await page.getByRole('button', { name: 'Vào phòng họp' }).click();
  return page.evaluate(async (patience) => {
    const decoded = async () => {
      for (const connection of window.keptConnections) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type === 'inbound-rtp' && report.kind === 'video' && report.framesDecoded > 0)
            return true;
        }
      }
      return false;
    };
    while (!(await decoded())) {
      if (performance.now() - window.pressedAt > patience) throw new Error('no frame of anybody');
      await new Promise((next) => setTimeout(next, 5));
    }
    return performance.now() - window.pressedAt;
  }, PATIENCE_MS);
}

/** Turns the microphone or the camera on or off, and waits until the button says the opposite. */
export async function press(page, what) {
  const button = page.getByRole('button', { name: BUTTONS[what] });
  const before = await button.getAttribute('aria-label');
  await button.click();
  await page.waitForFunction(
    ([old, pattern]) =>
      [...document.querySelectorAll('button')].some((other) => {
        const name = other.getAttribute('aria-label') ?? '';
        return new RegExp(pattern).test(name) && name !== old;
      }),
    [before, BUTTONS[what].source],
  );
}

/** Leaves, and waits until the page says so. */
export async function leave(page) {
  await page.getByRole('button', { name: 'Rời phòng' }).click();
  await page.getByText('Đã rời phòng họp').waitFor();
}
