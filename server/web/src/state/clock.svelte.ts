import { createSubscriber } from 'svelte/reactivity';

const MINUTE_MS = 60_000;

const everyMinute = createSubscriber((update) => {
  const timer = setInterval(update, MINUTE_MS / 2);
  return () => clearInterval(timer);
});
const everySecond = createSubscriber((update) => {
  const timer = setInterval(update, 1_000);
  return () => clearInterval(timer);
});

/** The time for what is drawn: whoever reads it is drawn again as it goes on. */
export const clock = {
  /** Milliseconds, good to a minute. */
  get minute(): number {
    everyMinute();
    return Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  },
  /** Milliseconds, good to a second. */
  get second(): number {
    everySecond();
    return Math.floor(Date.now() / 1_000) * 1_000;
  },
};
