import { expect, test } from "vitest";
import { createTransferState } from "./transfer-state.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const MIB = 1024 * 1024;

test("createTransferState() counts the steps of a phase", () => {
  const state = createTransferState(() => 0);
  expect(state.describePhase()).toBeUndefined();

  state.apply({ kind: "phase", phase: "resolve", total: 12 });
  state.apply({ kind: "step", phase: "resolve" });
  state.apply({ kind: "step", phase: "list" });

  expect(state.describePhase()).toBe("Resolving tags  1 of 12");
});

test("createTransferState() counts steps without a total", () => {
  const state = createTransferState(() => 0);

  state.apply({ kind: "phase", phase: "manifests" });
  expect(state.describePhase()).toBe("Reading manifests");

  state.apply({ kind: "step", phase: "manifests" });
  expect(state.describePhase()).toBe("Reading manifests  1");
});

test("createTransferState() gives bytes, percent, rate and time left", () => {
  let now = 0;
  const state = createTransferState(() => now);
  state.apply({ kind: "phase", phase: "download", total: 2, size: 100 * MIB });
  state.apply({ kind: "blob-start", digest: DIGEST, size: 80 * MIB, title: "a:1" });

  now = 2000;
  state.apply({ kind: "blob-progress", digest: DIGEST, size: 20 * MIB });

  expect(state.describePhase()).toBe("Downloading   20%  20 MiB of 100 MiB  0 of 2  10 MiB/s  8s left");
  expect(state.describeBlobs(8)).toEqual(["  0123456789ab   25%    80 MiB  a:1"]);
});

test("createTransferState() counts what was there already, and no rate of it", () => {
  let now = 0;
  const state = createTransferState(() => now);
  state.apply({ kind: "phase", phase: "download", total: 1, size: 100 * MIB });
  state.apply({ kind: "blob-start", digest: DIGEST, size: 100 * MIB, title: "a:1" });
  now = 1000;
  state.apply({ kind: "blob-progress", digest: DIGEST, size: 60 * MIB, isKept: true });

  expect(state.describePhase()).toBe(
    "Downloading   60%  60 MiB of 100 MiB  60 MiB were there already  0 of 1",
  );

  now = 2000;
  state.apply({ kind: "blob-progress", digest: DIGEST, size: 10 * MIB });

  expect(state.describePhase()).toBe(
    "Downloading   70%  70 MiB of 100 MiB  60 MiB were there already  0 of 1  5.0 MiB/s  6s left",
  );
});

test("createTransferState() takes back what an attempt had moved", () => {
  const state = createTransferState(() => 0);
  state.apply({ kind: "phase", phase: "upload", size: 100 });
  state.apply({ kind: "blob-start", digest: DIGEST, size: 100, title: "a:1" });

  state.apply({ kind: "blob-progress", digest: DIGEST, size: 60 });
  state.apply({ kind: "blob-progress", digest: DIGEST, size: -60 });

  expect(state.describePhase()).toBe("Uploading    0%  0 B of 100 B");
});

test("createTransferState() counts a blob whole when it is there, whatever moved", () => {
  const state = createTransferState(() => 0);
  state.apply({ kind: "phase", phase: "upload", size: 200 });
  state.apply({ kind: "blob-start", digest: DIGEST, size: 100, title: "a:1" });

  state.apply({ kind: "blob-end", digest: DIGEST, ok: true });

  expect(state.describePhase()).toBe("Uploading   50%  100 B of 200 B  1");
  expect(state.describeBlobs(8)).toEqual([]);
});

test("createTransferState() does not wait for a blob that was given up", () => {
  const state = createTransferState(() => 0);
  state.apply({ kind: "phase", phase: "download", size: 200 });
  state.apply({ kind: "blob-start", digest: DIGEST, size: 100, title: "a:1" });
  state.apply({ kind: "blob-progress", digest: DIGEST, size: 40 });

  state.apply({ kind: "blob-end", digest: DIGEST, ok: false });

  expect(state.describePhase()).toBe("Downloading    0%  0 B of 100 B  1");
});

test("createTransferState() describes the oldest blobs, without control characters", () => {
  const state = createTransferState(() => 0);
  for (const title of ["a\u001b", "b", "c"]) {
    state.apply({ kind: "blob-start", digest: `sha256:${title}`, size: 0, title });
  }

  const lines = state.describeBlobs(2);

  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("a\\u{1b}");
});
