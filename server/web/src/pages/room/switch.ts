/**
 * Brings a device to what its button says, one change at a time. Opening a camera may wait for the browser's question to
 * be answered, longer than livekit-client remembers a press of the button meanwhile: a microphone would go on air with
 * its button showing off.
 */
export class Switch {
  #wanted = false;
  #running: Promise<void> | null = null;
  readonly #apply: (on: boolean) => Promise<void>;

  /** `apply` turns the device on or off, and deals with its own failures. */
  constructor(apply: (on: boolean) => Promise<void>) {
    this.#apply = apply;
  }

  /** Resolves once the device is as the newest press wants it. */
  set(on: boolean): Promise<void> {
    this.#wanted = on;
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  async #run(): Promise<void> {
    let done: boolean | null = null;
    while (done !== this.#wanted) {
      done = this.#wanted;
      await this.#apply(done);
    }
  }
}
