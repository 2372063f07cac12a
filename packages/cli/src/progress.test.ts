import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createProgress, type Progress } from "./progress.ts";
import type { ProgressStream } from "./progress-view.ts";

const SIZE = 100 * 1024 * 1024;
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_TO_END = "\u001b[0J";

let written = "";
let now = 0;

beforeEach(() => {
  written = "";
  now = 0;
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A stream that keeps what is written. */
function fakeStream(isTerminal: boolean): ProgressStream {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      written += chunk;
      done();
    },
  });
  return Object.assign(stream, { isTTY: isTerminal, columns: 60, rows: 24 });
}

function start(isTerminal: boolean, isQuiet = false): Progress {
  return createProgress({ stream: fakeStream(isTerminal), isTerminal, isQuiet, now: () => now });
}

function startBlob(progress: Progress, digest: string): void {
  progress.onEvent({ kind: "blob-start", digest, size: SIZE, title: `docker.io/library/${digest}:latest` });
}

test("createProgress() writes a line per phase and then one every ten seconds to a log", () => {
  const progress = start(false);

  progress.onEvent({ kind: "phase", phase: "list", total: 3 });
  progress.onEvent({ kind: "phase", phase: "download", size: SIZE });
  startBlob(progress, "sha256:aa");
  for (; now < 20_000; now += 1000)
    progress.onEvent({ kind: "blob-progress", digest: "sha256:aa", size: 1024 ** 2 });
  progress.stop();

  expect(written.split("\n")).toEqual([
    "Listing tags  0 of 3",
    "Downloading    0%  0 B of 100 MiB",
    "Downloading   11%  11 MiB of 100 MiB  1.1 MiB/s  1m 21s left",
    "",
  ]);
});

test("createProgress() writes warnings and retries to a log", () => {
  const progress = start(false);

  progress.onEvent({ kind: "warning", code: "TAG_GONE", message: "a\u0007" });
  progress.onEvent({ kind: "retry", message: "503", waitMs: 5000 });
  progress.onEvent({ kind: "retry", host: "r.io", message: "it asks to slow down (429)", waitMs: 12_000 });

  expect(written).toBe(
    "Warning: a\\u{7}\nTrying again in 5s: 503\nWaiting 12s for r.io: it asks to slow down (429)\n",
  );
});

test("createProgress() is silent when quiet", () => {
  const progress = start(true, true);

  progress.onEvent({ kind: "warning", code: "TAG_GONE", message: "a" });
  progress.onEvent({ kind: "phase", phase: "list" });
  vi.advanceTimersByTime(1000);
  progress.stop();

  expect(written).toBe("");
});

test("createProgress() draws the phase and the blobs on a terminal, no wider than it is", () => {
  const progress = start(true);
  progress.onEvent({ kind: "phase", phase: "download", size: 4 * SIZE });
  startBlob(progress, "sha256:aa");
  startBlob(progress, "sha256:bb");
  progress.onEvent({ kind: "blob-progress", digest: "sha256:bb", size: SIZE / 2 });

  vi.advanceTimersByTime(1000);

  expect(written).toContain("Downloading   12%  50 MiB of 400 MiB");
  expect(written).toContain("  aa    0%   100 MiB  docker.io/library/sha256:aa:latest");
  expect(written).toContain("  bb   50%   100 MiB  ");
  progress.stop();
});

test("createProgress() draws at most eight blobs", () => {
  const progress = start(true);
  progress.onEvent({ kind: "phase", phase: "download", size: 9 * SIZE });
  for (let blob = 1; blob <= 9; blob++) startBlob(progress, `sha256:${blob}${blob}`);

  vi.advanceTimersByTime(1000);

  expect(written).toContain("  88    0%");
  expect(written).not.toContain("  99    0%");
  progress.stop();
});

test("createProgress() writes warnings above the bars at once", () => {
  const progress = start(true);
  progress.onEvent({ kind: "phase", phase: "list", total: 1 });

  progress.onEvent({ kind: "warning", code: "TAG_GONE", message: "beware" });

  expect(written.indexOf("Listing tags")).toBeGreaterThan(written.indexOf("beware\n"));
  progress.stop();
});

test("createProgress() removes the bars when it is stopped and shows nothing after that", () => {
  const progress = start(true);
  progress.onEvent({ kind: "phase", phase: "list", total: 1 });
  vi.advanceTimersByTime(1000);

  progress.stop();
  const end = written;
  progress.onEvent({ kind: "step", phase: "list" });
  progress.stop();
  vi.advanceTimersByTime(1000);

  expect(end.endsWith(CLEAR_TO_END)).toBe(true);
  expect(end).toContain(SHOW_CURSOR);
  expect(written).toBe(end);
  expect(vi.getTimerCount()).toBe(0);
});

test.each([true, false])(
  "createProgress() writes a log, to a terminal (%s) or not, however quiet",
  (isTerminal) => {
    const [shown, quiet] = [start(isTerminal), start(isTerminal, true)];

    for (const progress of [shown, quiet]) {
      progress.onEvent({ kind: "log", message: "debug: GET\u001b" });
      progress.stop();
    }

    expect(written.match(/debug: GET\\u\{1b\}/g)).toHaveLength(2);
  },
);
