/** Who is shown where: the order of the tiles and who is large. Pure, so that it can be tested without a room. */

/** What the room knows about one participant, reduced to what decides its place. */
export interface Seat {
  /** Identity in the room; one per endpoint. */
  identity: string;
  /** Name shown, Vietnamese. */
  name: string;
  /** The participant of this very browser. */
  local: boolean;
  /** The host endpoint of the session (điểm cầu chính). */
  host: boolean;
  /** Publishes something or may: watchers are not endpoints and have no tile. */
  endpoint: boolean;
  speaking: boolean;
  sharing: boolean;
}

const vietnamese = new Intl.Collator('vi', { sensitivity: 'base', numeric: true });

/** Host first, then this endpoint, then by Vietnamese name. It never depends on who speaks, so tiles stay put. */
export function bySeat(left: Seat, right: Seat): number {
  return (
    Number(right.host) - Number(left.host) ||
    Number(right.local) - Number(left.local) ||
    vietnamese.compare(left.name, right.name) ||
    (left.identity < right.identity ? -1 : Number(left.identity > right.identity))
  );
}

/** What of an endpoint decides whether there is anything to see of it. */
export interface Picture {
  local: boolean;
  /** 0 is a line that is lost. */
  quality: 0 | 1 | 2 | 3 | null;
  cameraTrack: object | null;
  screenTrack: object | null;
  cameraPaused: boolean;
  screenPaused: boolean;
}

/** Why a tile shows no picture: a frozen or a black one says nothing, and looks like a fault of the program. */
export type Curtain =
  | 'lost' // the endpoint's line is down; its last picture would stand still
  | 'paused' // the server holds the picture back, so that the sound gets through
  | 'off'; // no camera, or a muted one

/** What hides the picture of an endpoint, its screen or its camera; null while there is one to see. */
export function curtainOf(picture: Picture, screen: boolean): Curtain | null {
  if (!picture.local && picture.quality === 0) return 'lost';
  if (!(screen ? picture.screenTrack : picture.cameraTrack)) return 'off';
  return (screen ? picture.screenPaused : picture.cameraPaused) ? 'paused' : null;
}

/** What the large picture shows. */
export interface Large {
  identity: string;
  /** The screen that the endpoint shares rather than its camera. */
  screen: boolean;
  /** Chosen by the viewer. */
  pinned: boolean;
}

/** A new speaker takes the large picture only after the last one held it this long: no flicker on a cough. */
export const HOLD_MS = 1500;

/** What the choice of the large picture depends on. */
export interface Scene {
  seats: readonly Seat[];
  /** Identity pinned by the viewer, or null. */
  pinned: string | null;
  /** What was large until now. */
  previous: Large | null;
  /** When `previous` became large, milliseconds. */
  since: number;
}

/**
 * Chooses the large picture: pinned by the viewer, else a shared screen, else who speaks, else who was large,
 * else the host, else anyone but this endpoint.
 */
export function chooseLarge(scene: Scene, now: number): Large | null {
  const here = new Map(scene.seats.map((seat) => [seat.identity, seat]));
  const pinned = scene.pinned === null ? undefined : here.get(scene.pinned);
  if (pinned) {
    return { identity: pinned.identity, screen: pinned.sharing, pinned: true };
  }
  const sharing = chooseSharing(scene);
  if (sharing) {
    return { identity: sharing.identity, screen: true, pinned: false };
  }
  const previous = scene.previous ? here.get(scene.previous.identity) : undefined;
  const camera = (seat: Seat): Large => ({ identity: seat.identity, screen: false, pinned: false });
  const speaker = scene.seats.find((seat) => seat.speaking && !seat.local);
  if (previous && !previous.local) {
    const held = now - scene.since >= HOLD_MS;
    return camera(speaker && held && !previous.speaking ? speaker : previous);
  }
  const others = scene.seats.filter((seat) => !seat.local);
  const next = speaker ?? others.find((seat) => seat.host) ?? others[0] ?? scene.seats[0];
  return next ? camera(next) : null;
}

/** The shared screen that was large stays large; a second one waits until the first stops. Own screen comes last. */
function chooseSharing(scene: Scene): Seat | undefined {
  const sharing = scene.seats.filter((seat) => seat.sharing);
  return (
    sharing.find((seat) => scene.previous?.screen === true && seat.identity === scene.previous.identity) ??
    sharing.find((seat) => !seat.local) ??
    sharing[0]
  );
}

/** Up to two letters that stand for an endpoint while its camera is off: "UBND huyện Mường Nhé" → "MN". */
export function initials(name: string): string {
  const words = name
    .normalize('NFC')
    .split(/[\s,.()–-]+/u)
    .filter((word) => word.length > 0);
  const proper = words.filter((word) => /^\p{Lu}/u.test(word) && word !== word.toUpperCase());
  const chosen = (proper.length >= 2 ? proper : words).slice(-2);
  return chosen.map((word) => word.charAt(0).toLocaleUpperCase('vi')).join('');
}
