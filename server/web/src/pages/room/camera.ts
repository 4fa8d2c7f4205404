import { Track, type LocalVideoTrack, type Room } from 'livekit-client';

/** Between two looks at the camera, milliseconds. */
const LOOK_MS = 3_000;
/** So many looks in a row without a new frame before it is opened anew: a busy computer skips one easily. */
export const FEWEST_LOOKS = 2;
/** At most so many: a camera that never works is not tried more often than every half minute. */
export const MOST_LOOKS = 10;
/**
 * So long a camera rests before it is opened anew, milliseconds. Pages that share one share its fault too, and the browser
 * lets go of it only when all of them have: longer than the time between two looks, so that they find it at rest together.
 */
export const REST_MS = LOOK_MS + 1_000;

/** A camera that is being sent. */
export interface Camera {
  /** Frames that it has given so far; null when none is to be expected or nobody can tell. */
  frames(): Promise<number | null>;
  /** Opens the device anew. */
  restart(): Promise<void>;
}

/**
 * Opens a camera anew that gives nothing. Browsers now and then open a camera that stays dark though it says that it is
 * live: after sleep, or when two pages that share one come back at the same time on a computer that has too much to do.
 * Nothing tells of it, and everybody else would wait for that picture for ever.
 */
export class CameraWatch {
  #seen: number | null = null;
  #still = 0;
  #patience = FEWEST_LOOKS;
  #busy = false;

  /** One look. */
  async look(camera: Camera): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const frames = await camera.frames();
      if (frames === null || frames !== this.#seen) {
        if (frames !== null && frames > (this.#seen ?? frames)) this.#patience = FEWEST_LOOKS;
        this.#seen = frames;
        this.#still = 0;
        return;
      }
      this.#still += 1;
      if (this.#still < this.#patience) return;
      this.#still = 0;
      this.#patience = Math.min(this.#patience * 2, MOST_LOOKS);
      await camera.restart();
    } finally {
      this.#busy = false;
    }
  }
}

/** What opening a camera anew needs of it. */
export type Device = Pick<LocalVideoTrack, 'mediaStreamTrack' | 'isMuted' | 'restartTrack'>;

/** Closes a camera, lets it rest and opens it anew, unless it is off, opened or not `sent` any more by then. */
export async function reopen(device: Device, sent: () => boolean): Promise<void> {
  const closed = device.mediaStreamTrack;
  closed.stop();
  await new Promise((rested) => setTimeout(rested, REST_MS));
  if (sent() && !device.isMuted && device.mediaStreamTrack === closed) await device.restartTrack();
}

/** Watches the camera of this browser for as long as it is in the room. Returns how to stop. */
export function watchCamera(room: Room): () => void {
  const watch = new CameraWatch();
  // What goes wrong is tried again at one of the next looks.
  const timer = setInterval(() => void watch.look(cameraOf(room)).catch(() => undefined), LOOK_MS);
  return () => clearInterval(timer);
}

function cameraOf(room: Room): Camera {
  const sent = (): LocalVideoTrack | undefined =>
    room.localParticipant.getTrackPublication(Track.Source.Camera)?.videoTrack;
  const track = sent();
  return {
    async frames() {
      const sender = track?.sender;
      if (!track || !sender || track.isMuted || track.mediaStreamTrack.muted) return null;
      // Browsers count what an encoder takes, and there is none while nobody looks.
      if (!sender.getParameters().encodings.some((encoding) => encoding.active !== false)) return null;
      for (const report of (await sender.getStats()).values()) {
        if (report.type === 'media-source') return typeof report.frames === 'number' ? report.frames : null;
      }
      return null;
    },
    async restart() {
      if (track) await reopen(track, () => sent() === track);
    },
  };
}
