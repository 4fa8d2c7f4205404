import {
  Room,
  RoomEvent,
  Track,
  type Participant,
  type RoomOptions,
  type TrackPublication,
} from 'livekit-client';
import { watchCamera } from './camera';
import { mediaProblem, type MediaProblem } from './devices';
import { keepConnected, type Phase } from './loop';
import { endingOf } from './options';
import type { Ending, Verdict } from './reconnect';
import { keepUnchanged, qualityOf, readSeats, SEAT_EVENTS, type SeatView } from './seats';
import { Switch } from './switch';
import { bySeat, chooseLarge, HOLD_MS, type Large } from './tiles';
import { startUnseen } from './unseen';

/** What the server gives to someone who may join. */
export interface Ticket {
  url: string;
  token: string;
  /** Whether this browser takes part rather than only watches. */
  publish: boolean;
}

/** What a conference needs to begin. */
export interface Setup {
  options: RoomOptions;
  join: () => Promise<Ticket>;
  /** Identity of the host endpoint, for the order of tiles. */
  hostIdentity: string;
  microphone: boolean;
  camera: boolean;
}

/** Events come in bursts; the page follows them at most this often, milliseconds. */
const REFRESH_MS = 60;

/** One stay in a room: connection, own media, and who is there. Reactive; knows nothing of the page. */
export class Conference {
  phase = $state<Phase>('connecting');
  /** Why it is over, once it is. */
  verdict = $state<Verdict | null>(null);
  seats = $state.raw<SeatView[]>([]);
  large = $state.raw<Large | null>(null);
  /** The line of this browser does not carry everything: it is poor, or pictures are held back from it. */
  weak = $state(false);
  pinned = $state<string | null>(null);
  microphone = $state(false);
  camera = $state(false);
  sharing = $state(false);
  /** Whether this browser takes part; false when it only watches. */
  publishes = $state(true);
  microphoneProblem = $state<MediaProblem | null>(null);
  cameraProblem = $state<MediaProblem | null>(null);
  /** The browser waits for a click before it plays sound. */
  soundBlocked = $state(false);

  readonly room: Room;
  readonly #setup: Setup;
  readonly #leave = new AbortController();
  readonly #microphoneSwitch = new Switch(async (on) => {
    try {
      await this.room.localParticipant.setMicrophoneEnabled(on);
      this.microphoneProblem = null;
    } catch (error) {
      this.microphone = false;
      this.microphoneProblem = mediaProblem(error, window.isSecureContext);
    }
  });
  readonly #cameraSwitch = new Switch(async (on) => {
    try {
      await this.room.localParticipant.setCameraEnabled(on);
      this.cameraProblem = null;
    } catch (error) {
      this.camera = false;
      this.cameraProblem = mediaProblem(error, window.isSecureContext);
    }
  });
  readonly #unwatch: () => void;
  #largeSince = 0;
  #refreshing: ReturnType<typeof setTimeout> | undefined;
  #holding: ReturnType<typeof setTimeout> | undefined;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.microphone = setup.microphone;
    this.camera = setup.camera;
    this.room = new Room(setup.options);
    startUnseen(this.room);
    this.#unwatch = watchCamera(this.room);
    for (const event of SEAT_EVENTS) this.room.on(event, this.#refresh);
    this.room
      .on(RoomEvent.SignalReconnecting, this.#interrupted)
      .on(RoomEvent.Reconnecting, this.#interrupted)
      .on(RoomEvent.Reconnected, this.#repaired)
      .on(RoomEvent.TrackMuted, this.#mutedElsewhere)
      .on(RoomEvent.AudioPlaybackStatusChanged, () => (this.soundBlocked = !this.room.canPlaybackAudio))
      .on(RoomEvent.LocalTrackUnpublished, () => {
        this.sharing = this.room.localParticipant.isScreenShareEnabled;
      });
  }

  /** Joins and stays until the end. Resolves with why it ended. */
  async run(): Promise<Verdict> {
    const verdict = await keepConnected<Ticket>(
      {
        join: this.#setup.join,
        connect: (ticket) => this.#connect(ticket),
        pause: (ms) => this.#pause(ms),
        random: Math.random,
        phase: (phase) => {
          this.phase = phase;
          // Beside the loop: a camera that is slow to open must not hold up the connection.
          if (phase === 'connected') void this.#publish();
        },
      },
      this.#leave.signal,
    );
    this.verdict = verdict;
    await this.#close();
    return verdict;
  }

  /** Leaves for good. */
  async leave(): Promise<void> {
    this.#leave.abort();
    await this.#close();
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.microphone = on;
    if (this.phase === 'connected' && this.publishes) await this.#microphoneSwitch.set(on);
  }

  async setCamera(on: boolean): Promise<void> {
    this.camera = on;
    if (this.phase === 'connected' && this.publishes) await this.#cameraSwitch.set(on);
  }

  /** The user has read what was wrong with the devices. */
  forgetProblems(): void {
    this.microphoneProblem = null;
    this.cameraProblem = null;
  }

  /** Shares or stops sharing. Closing the browser's own chooser is no failure. */
  async setSharing(on: boolean): Promise<void> {
    try {
      await this.room.localParticipant.setScreenShareEnabled(on, { contentHint: 'detail', audio: true });
    } finally {
      this.sharing = this.room.localParticipant.isScreenShareEnabled;
    }
  }

  /** Changes a device for the rest of the stay. */
  async useDevice(kind: MediaDeviceKind, id: string): Promise<void> {
    await this.room.switchActiveDevice(kind, id === '' ? 'default' : id, id !== '');
  }

  /** Plays sound after a click, where the browser asked for one. */
  async unlockSound(): Promise<void> {
    await this.room.startAudio();
    this.soundBlocked = !this.room.canPlaybackAudio;
  }

  /** Keeps one endpoint large for this viewer, or lets go of it. */
  pin(identity: string | null): void {
    this.pinned = this.pinned === identity ? null : identity;
    this.#chooseLarge();
  }

  async #connect(ticket: Ticket): Promise<{ ended: Promise<Ending> }> {
    this.publishes = ticket.publish;
    await this.room.connect(ticket.url, ticket.token);
    const ended = new Promise<Ending>((resolve) => {
      this.room.once(RoomEvent.Disconnected, (reason) => {
        this.sharing = false;
        resolve(endingOf(reason));
      });
    });
    this.soundBlocked = !this.room.canPlaybackAudio;
    return { ended };
  }

  /** Makes the room agree with the buttons. Sound before picture: on a thin line the first second is for speech. */
  async #publish(): Promise<void> {
    const me = this.room.localParticipant;
    if (this.microphone !== me.isMicrophoneEnabled) await this.setMicrophone(this.microphone);
    if (this.camera !== me.isCameraEnabled) await this.setCamera(this.camera);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        removeEventListener('online', done);
        this.#leave.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      addEventListener('online', done);
      this.#leave.signal.addEventListener('abort', done);
    });
  }

  async #close(): Promise<void> {
    this.#unwatch();
    clearTimeout(this.#refreshing);
    clearTimeout(this.#holding);
    await this.room.disconnect();
  }

  readonly #interrupted = (): void => {
    this.phase = 'reconnecting';
  };

  /** livekit-client mended the line itself; buttons pressed meanwhile take effect now. */
  readonly #repaired = (): void => {
    this.phase = 'connected';
    void this.#publish();
  };

  /** The operator switched this microphone or camera off: the button has to say so. */
  readonly #mutedElsewhere = (publication: TrackPublication, participant: Participant): void => {
    if (!participant.isLocal) return;
    if (publication.source === Track.Source.Microphone) this.microphone = false;
    if (publication.source === Track.Source.Camera) this.camera = false;
  };

  readonly #refresh = (): void => {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = undefined;
      const seats = readSeats(this.room, this.#setup.hostIdentity, this.publishes).sort(bySeat);
      this.seats = keepUnchanged(this.seats, seats);
      this.weak =
        (qualityOf(this.room.localParticipant) ?? 3) <= 1 ||
        seats.some((seat) => seat.cameraPaused || seat.screenPaused);
      this.#chooseLarge();
    }, REFRESH_MS);
  };

  #chooseLarge(): void {
    const now = performance.now();
    const { seats, pinned } = this;
    const next = chooseLarge({ seats, pinned, previous: this.large, since: this.#largeSince }, now);
    if (next?.identity !== this.large?.identity || next?.screen !== this.large?.screen)
      this.#largeSince = now;
    if (JSON.stringify(next) !== JSON.stringify(this.large)) this.large = next;
    // A speaker who waits for the hold to end takes over without a further event.
    clearTimeout(this.#holding);
    const waiting = seats.some((seat) => seat.speaking && !seat.local && seat.identity !== next?.identity);
    if (waiting) this.#holding = setTimeout(() => this.#chooseLarge(), HOLD_MS);
  }
}
