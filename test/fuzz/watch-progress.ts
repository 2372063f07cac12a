import { Worker } from "node:worker_threads";

/** No input takes nearly as long; one that does hangs. */
const MAX_INPUT_MS = 60_000;

/** Runs beside the thread that may hang: plain JavaScript, since it is given as text. */
const WATCHER = `
const { parentPort, workerData } = require("node:worker_threads");
const { shared, limitMs, name } = workerData;
const cell = new Int32Array(shared);
let last = -1;
let since = Date.now();
setInterval(() => {
  const index = Atomics.load(cell, 0);
  if (index !== last) { last = index; since = Date.now(); return; }
  if (Date.now() - since < limitMs) return;
  require("node:fs").writeSync(2, "Input " + index + " of " + name + " hangs\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);
`;

/** Ends the process if no input has begun for a minute, whatever the process is doing. */
export interface ProgressWatch {
  tell(index: number): void;
  close(): Promise<void>;
}

/** Begins to watch. */
export function watchProgress(name: string): ProgressWatch {
  const shared = new SharedArrayBuffer(4);
  const cell = new Int32Array(shared);
  const worker = new Worker(WATCHER, { eval: true, workerData: { shared, limitMs: MAX_INPUT_MS, name } });
  worker.unref();
  return {
    tell: (index) => void Atomics.store(cell, 0, index),
    close: async () => void (await worker.terminate()),
  };
}
