/** The longest of node's timers: a longer one ends after a millisecond. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Resolves after so many milliseconds, however many. @throws the abort reason of `signal` */
export async function wait(waitMs: number, signal?: AbortSignal): Promise<void> {
  let leftMs = waitMs;
  for (; leftMs > MAX_TIMER_MS; leftMs -= MAX_TIMER_MS) await waitForTimer(MAX_TIMER_MS, signal);
  await waitForTimer(leftMs, signal);
}

async function waitForTimer(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, waitMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
