import { choicesOf, loudness, mediaProblem, type DeviceChoice, type MediaProblem } from './devices';

/** How often the level meter is read, milliseconds. */
const METER_MS = 66;

/** Camera and microphone before joining: a picture, a level and the list of devices. Reactive. */
export class Preview {
  cameras = $state.raw<DeviceChoice[]>([]);
  microphones = $state.raw<DeviceChoice[]>([]);
  speakers = $state.raw<DeviceChoice[]>([]);
  picture = $state.raw<MediaStream | null>(null);
  cameraProblem = $state<MediaProblem | null>(null);
  microphoneProblem = $state<MediaProblem | null>(null);
  /** Loudness of the microphone, 0..1. */
  level = $state(0);

  // Not reactive: opening a device must not be a reason to open it again.
  #image: MediaStream | null = null;
  #sound: MediaStream | null = null;
  /** The newest request to open wins, whichever the system answers first. */
  #imageTurn = 0;
  #soundTurn = 0;
  #context: AudioContext | null = null;
  #meter: ReturnType<typeof setInterval> | undefined;

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', this.#list);
  }

  /** Opens the camera, or another one. An empty id is the system's choice. */
  async openCamera(id: string): Promise<void> {
    this.closeCamera();
    const turn = this.#imageTurn;
    try {
      const video = { width: 640, height: 360, ...(id === '' ? {} : { deviceId: { ideal: id } }) };
      const stream = await navigator.mediaDevices.getUserMedia({ video });
      if (turn !== this.#imageTurn) return stop(stream);
      this.#image = stream;
      this.picture = stream;
      this.cameraProblem = null;
    } catch (error) {
      if (turn !== this.#imageTurn) return;
      this.cameraProblem = mediaProblem(error, window.isSecureContext);
    }
    await this.#list();
  }

  /** Opens the microphone, or another one, and measures it. */
  async openMicrophone(id: string): Promise<void> {
    this.closeMicrophone();
    const turn = this.#soundTurn;
    try {
      const audio = id === '' ? true : { deviceId: { ideal: id } };
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      if (turn !== this.#soundTurn) return stop(stream);
      this.#sound = stream;
      this.microphoneProblem = null;
      this.#measure(stream);
    } catch (error) {
      if (turn !== this.#soundTurn) return;
      this.microphoneProblem = mediaProblem(error, window.isSecureContext);
    }
    await this.#list();
  }

  closeCamera(): void {
    this.#imageTurn += 1;
    stop(this.#image);
    this.#image = null;
    this.picture = null;
  }

  closeMicrophone(): void {
    this.#soundTurn += 1;
    clearInterval(this.#meter);
    stop(this.#sound);
    this.#sound = null;
    this.level = 0;
    void this.#context?.close();
    this.#context = null;
  }

  /** Gives every device back: the room opens them anew. */
  close(): void {
    this.closeCamera();
    this.closeMicrophone();
    navigator.mediaDevices?.removeEventListener('devicechange', this.#list);
  }

  #measure(stream: MediaStream): void {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#context = context;
    this.#meter = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      // Falls slower than it rises, so that the eye can follow it.
      this.level = Math.max(loudness(samples), this.level * 0.8);
    }, METER_MS);
  }

  readonly #list = async (): Promise<void> => {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    this.cameras = choicesOf(devices, 'videoinput');
    this.microphones = choicesOf(devices, 'audioinput');
    this.speakers = choicesOf(devices, 'audiooutput');
  };
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
