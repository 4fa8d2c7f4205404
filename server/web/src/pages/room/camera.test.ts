import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CameraWatch, FEWEST_LOOKS, MOST_LOOKS, reopen, REST_MS, type Camera, type Device } from './camera';

/** A camera whose count of frames the test turns. */
class Double implements Camera {
  count: number | null = 0;
  restarts = 0;
  frames = async (): Promise<number | null> => this.count;
  restart = async (): Promise<void> => {
    this.restarts += 1;
  };
}

async function looks(watch: CameraWatch, camera: Camera, times: number): Promise<void> {
  for (let look = 0; look < times; look += 1) await watch.look(camera);
}

describe('a camera', () => {
  it('that gives frames is left alone', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    for (let frames = 0; frames < 50; frames += 1) {
      camera.count = frames;
      await watch.look(camera);
    }
    expect(camera.restarts).toBe(0);
  });

  it('that says it is live and stays dark is opened anew', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    await looks(watch, camera, FEWEST_LOOKS);
    expect(camera.restarts).toBe(0);
    await watch.look(camera);
    expect(camera.restarts).toBe(1);
  });

  it('that stops in the middle is opened anew, and soon again if it stops again', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    for (const frames of [10, 20, 30, 40, 50]) {
      camera.count = frames;
      await looks(watch, camera, 1 + FEWEST_LOOKS);
    }
    expect(camera.restarts).toBe(5);
  });

  it('that never works is not tried without end', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    await looks(watch, camera, 100);
    expect(camera.restarts).toBeGreaterThanOrEqual(Math.floor(100 / MOST_LOOKS));
    expect(camera.restarts).toBeLessThan(100 / MOST_LOOKS + 4);
  });

  it('that is muted or that nobody looks at is not touched', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    camera.count = null;
    await looks(watch, camera, 30);
    expect(camera.restarts).toBe(0);
  });

  it('that is slow to open is not opened twice', async () => {
    const [watch, camera] = [new CameraWatch(), new Double()];
    let opened = (): void => undefined;
    camera.restart = () => {
      camera.restarts += 1;
      return new Promise((resolve) => (opened = resolve));
    };
    const first = looks(watch, camera, 1 + FEWEST_LOOKS);
    await new Promise((next) => setTimeout(next));
    await looks(watch, camera, 20);
    expect(camera.restarts).toBe(1);
    opened();
    await first;
  });
});

describe('a camera that is opened anew', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const medium = (): MediaStreamTrack => ({ stop: vi.fn() }) as unknown as MediaStreamTrack;
  const device = () => ({
    mediaStreamTrack: medium(),
    isMuted: false,
    restartTrack: vi.fn<Device['restartTrack']>(async () => undefined),
  });

  it('rests before, so that other pages let go of it too', async () => {
    const camera = device();
    const done = reopen(camera, () => true);
    expect(camera.mediaStreamTrack.stop).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(REST_MS - 1);
    expect(camera.restartTrack).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await done;
    expect(camera.restartTrack).toHaveBeenCalledOnce();
  });

  it('stays off when it was switched off, left or opened by another hand meanwhile', async () => {
    const [off, left, opened] = [device(), device(), device()];
    let sent = true;
    const done = [reopen(off, () => true), reopen(left, () => sent), reopen(opened, () => true)];
    off.isMuted = true;
    sent = false;
    opened.mediaStreamTrack = medium();
    await vi.advanceTimersByTimeAsync(REST_MS);
    await Promise.all(done);
    for (const camera of [off, left, opened]) expect(camera.restartTrack).not.toHaveBeenCalled();
  });
});
