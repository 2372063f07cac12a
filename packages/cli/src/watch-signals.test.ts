import { EventEmitter } from "node:events";
import { beforeEach, expect, test } from "vitest";
import { type SignalWatch, watchSignals } from "./watch-signals.ts";

let source = new EventEmitter();
let now = 0;
let calls: string[] = [];

beforeEach(() => {
  source = new EventEmitter();
  now = 0;
  calls = [];
});

function watch(): SignalWatch {
  return watchSignals({
    source,
    now: () => now,
    onStop: (name) => calls.push(`stop ${name}`),
    onStopNow: (name) => calls.push(`stop now ${name}`),
  });
}

test("watchSignals() aborts at the first signal with INTERRUPTED", () => {
  const signals = watch();

  source.emit("SIGTERM");

  expect(signals.signal.reason).toMatchObject({ code: "INTERRUPTED", message: "Interrupted by SIGTERM" });
  expect(signals.received()).toBe("SIGTERM");
  expect(calls).toEqual(["stop SIGTERM"]);
});

test("watchSignals() stops at once at the second signal", () => {
  const signals = watch();

  source.emit("SIGINT");
  now = 1000;
  source.emit("SIGTERM");

  expect(signals.received()).toBe("SIGINT");
  expect(calls).toEqual(["stop SIGINT", "stop now SIGTERM"]);
});

test("watchSignals() takes a signal that npm repeats for the same one", () => {
  watch();

  source.emit("SIGINT");
  now = 20;
  source.emit("SIGINT");

  expect(calls).toEqual(["stop SIGINT"]);
});

test("watchSignals() listens no more when closed", () => {
  const signals = watch();

  signals.close();
  source.emit("SIGINT");

  expect(signals.signal.aborted).toBe(false);
  expect(source.listenerCount("SIGINT")).toBe(0);
});
