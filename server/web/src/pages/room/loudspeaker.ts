/** How long the tone lasts, seconds: long enough to turn a knob, short enough for a room full of people. */
const TONE_S = 1;
/** Of 1: clearly heard, frightening nobody. */
const LOUDNESS = 0.2;
/** The A that everybody knows, hertz. */
const PITCH_HZ = 440;

/**
 * Plays a short tone through a loudspeaker, so that somebody can hear before the session that they will hear it. An
 * empty id is the system's choice. Resolves when the tone has begun.
 */
export async function playTone(id: string): Promise<void> {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: PITCH_HZ });
  const volume = new GainNode(context, { gain: LOUDNESS });
  const out = new MediaStreamAudioDestinationNode(context);
  tone.connect(volume).connect(out);
  // Only media elements can be told which loudspeaker to use in every browser that lets one choose.
  const element = new Audio();
  element.srcObject = out.stream;
  tone.onended = () => {
    element.srcObject = null;
    void context.close();
  };
  if (id !== '' && 'setSinkId' in element) await element.setSinkId(id);
  await element.play();
  tone.start();
  tone.stop(context.currentTime + TONE_S);
}
