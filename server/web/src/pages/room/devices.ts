/** Cameras, microphones and loudspeakers, and what to tell a user who has none. No livekit in here. */

/** Why there is no picture or no sound from this endpoint. */
export type MediaProblem =
  | 'denied' // the user or an administrator said no
  | 'missing' // no such device is plugged in
  | 'busy' // another program holds it
  | 'insecure' // the page was not opened over HTTPS or on localhost
  | 'failed'; // anything else

/** Reads the error of `getUserMedia`. */
export function mediaProblem(error: unknown, secure: boolean): MediaProblem {
  if (!secure) return 'insecure';
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
    case 'DevicesNotFoundError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
    case 'TrackStartError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** One choice in a device list. */
export interface DeviceChoice {
  id: string;
  /** As the system names it; empty until the user has given permission. */
  label: string;
}

/** The devices of one kind, without the doubles that Chromium lists for the system's default. */
export function choicesOf(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): DeviceChoice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .filter((device) => device.deviceId !== 'default' && device.deviceId !== 'communications')
    .map((device) => ({ id: device.deviceId, label: device.label }));
}

/** A remembered device that is still there, else the system's choice. */
export function stillThere(id: string, choices: readonly DeviceChoice[]): string {
  return choices.some((choice) => choice.id === id) ? id : '';
}

/** Loudness 0..1 of one block of samples in −1..1, on a scale on which quiet speech is visible. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  const decibels = 20 * Math.log10(Math.max(rms, 1e-5));
  return Math.min(1, Math.max(0, (decibels + 60) / 54));
}
