/**
 * Keeps the screen of a meeting room lit while its page is looked at, until the returned function is called. Browsers
 * drop the lock whenever the page is hidden, so it is taken again when it comes back. Where there is no such thing
 * the screen follows the system's own settings.
 */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let ended = false;
  const take = async (): Promise<void> => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    try {
      const taken = await navigator.wakeLock.request('screen');
      if (ended) void taken.release();
      else lock = taken;
    } catch {
      // Refused by the system, for example on a low battery.
    }
  };
  const again = (): void => void take();
  document.addEventListener('visibilitychange', again);
  void take();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', again);
    void lock?.release();
  };
}
