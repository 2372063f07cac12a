import { BundleError, type ErrorCode, type TransferEvent } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { createGates, type Gates, type Turn } from "./gates.ts";

const ORIGIN = "https://r.io";
const WHAT = "read it";

interface Clock {
  ms: number;
}

interface Watched {
  readonly gates: Gates;
  readonly clock: Clock;
  /** What was told: host, milliseconds, reason. */
  readonly told: unknown[];
  /** Passes, by a clock that jumps to the end of every wait. */
  pass(origin?: string): Promise<Turn>;
}

/** Gates with a clock of their own, which begins at a second. */
function watch(): Watched {
  const clock = { ms: 1000 };
  const told: unknown[] = [];
  const gates = createGates({
    now: () => clock.ms,
    wait: async (waitMs) => {
      const end = clock.ms + waitMs;
      // Whoever else waits is let in between.
      await Promise.resolve();
      clock.ms = Math.max(clock.ms, end);
    },
    onEvent: (event: TransferEvent) => {
      if (event.kind === "retry") told.push([event.host, event.waitMs, event.message]);
    },
  });
  return { gates, clock, told, pass: async (origin = ORIGIN) => await gates.pass(origin, undefined) };
}

function failure(code: ErrorCode, retryAfterMs?: number): BundleError {
  return new BundleError(
    code,
    `Cannot ${WHAT}: it broke`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

const CUT = failure("CONNECTION_FAILED");

test("createGates() lets everything pass until something fails", async () => {
  const { clock, pass } = watch();

  for (let request = 0; request < 10; request++) (await pass()).succeed();

  expect(clock.ms).toBe(1000);
});

test("createGates() holds back what did not fail itself, and says so once", async () => {
  const { clock, told, pass } = watch();

  const error = (await pass()).fail(CUT, WHAT);
  await Promise.all([pass(), pass(), pass()]);

  expect(error).toMatchObject({ code: "CONNECTION_FAILED", message: CUT.message, isHeldBack: true });
  expect(told).toEqual([["r.io", 500, "it broke"]]);
  expect(clock.ms).toBeGreaterThanOrEqual(1500);
});

test("createGates() tells no wait where nobody waits", async () => {
  const { clock, told, pass } = watch();

  (await pass()).fail(CUT, WHAT);
  expect(told).toEqual([]);

  clock.ms += 10_000;
  await Promise.all([pass(), pass()]);
  expect(told).toEqual([]);
});

test("createGates() keeps what else a failure says", async () => {
  const { pass } = watch();
  const said = { stops: "registry", digests: ["sha256:1"], cause: new Error("503"), hint: "Wait" } as const;

  const error = (await pass()).fail(new BundleError("UNAVAILABLE", "Cannot push it: read-only", said), WHAT);

  expect(error).toMatchObject({ ...said, isHeldBack: true });
});

test("createGates() holds back nobody else", async () => {
  const { clock, pass } = watch();
  (await pass()).fail(CUT, WHAT);

  await pass("https://cdn.r.io");
  await pass("https://r.io:8443");

  expect(clock.ms).toBe(1000);
});

test("createGates() lets requests through one after the other until one has an answer", async () => {
  const { clock, pass } = watch();
  (await pass()).fail(CUT, WHAT);

  const first = await pass();
  const openedAt = clock.ms;
  await pass();
  await pass();
  const spacedTo = clock.ms;
  first.succeed();
  await pass();

  expect(openedAt).toBe(1500);
  expect(spacedTo).toBe(1700);
  expect(clock.ms).toBe(1700);
});

test("createGates() waits twice as long after each failure in a row, up to eight seconds, and anew after an answer", async () => {
  const { told, pass } = watch();

  for (let request = 0; request < 6; request++) (await pass()).fail(failure("UNAVAILABLE"), WHAT);
  (await pass()).succeed();
  (await pass()).fail(CUT, WHAT);
  await pass();

  expect(told.map((each) => (each as unknown[])[1])).toEqual([500, 1000, 2000, 4000, 8000, 8000, 500]);
});

test("createGates() counts what was under way when a gate closed as one failure", async () => {
  const { told, clock, pass } = watch();
  const turns = await Promise.all([pass(), pass(), pass()]);

  for (const turn of turns) turn.fail(CUT, WHAT);
  await pass();

  expect(told).toHaveLength(1);
  expect(clock.ms).toBe(1500);
});

test("createGates() does not open for the answer to what was sent before", async () => {
  const { clock, pass } = watch();
  const [early, failing] = await Promise.all([pass(), pass()]);
  failing.fail(failure("TOOMANYREQUESTS", 30_000), WHAT);

  early.succeed();
  await pass();

  expect(clock.ms).toBe(31_000);
});

test("createGates() takes what was sent before for a failure where the host has answered since", async () => {
  const { told, pass } = watch();
  const [early, failing] = await Promise.all([pass(), pass()]);
  failing.fail(CUT, WHAT);
  (await pass()).succeed();

  early.fail(CUT, WHAT);
  await pass();

  expect(told).toHaveLength(2);
});

test("row 44: createGates() waits for what the host asks, up to a minute", async () => {
  const { told, clock, pass } = watch();
  const asking = failure("TOOMANYREQUESTS", 60_000);
  const tooLong = failure("TOOMANYREQUESTS", 60_001);

  expect((await pass()).fail(asking, WHAT)).toMatchObject({ isHeldBack: true, retryAfterMs: 60_000 });
  const turn = await pass();

  expect(clock.ms).toBe(61_000);
  expect(turn.fail(tooLong, WHAT)).toBe(tooLong);
  expect(told).toEqual([["r.io", 60_000, "it asks to slow down (429)"]]);
});

test("row 44: createGates() waits longer than a host asks that is not served by it", async () => {
  const { told, pass } = watch();

  for (let request = 0; request < 3; request++) (await pass()).fail(failure("UNAVAILABLE", 1), WHAT);
  await pass();

  expect(told.map((each) => (each as unknown[])[1])).toEqual([500, 1000, 2000]);
});

test("createGates() waits for no host that says it is ready", async () => {
  const { told, clock, pass } = watch();

  const error = (await pass()).fail(failure("UNAVAILABLE", 0), WHAT);
  await pass();

  expect(error.isHeldBack).toBe(true);
  expect(clock.ms).toBe(1000);
  expect(told).toEqual([]);
});

test.each([
  ["a used-up pull limit (row 43)", failure("TOOMANYREQUESTS")],
  ["what another attempt does not change", failure("DENIED")],
  ["a certificate (row 116)", failure("TLS_FAILED")],
])("createGates() closes nothing for %s", async (_what, error) => {
  const { clock, pass } = watch();

  expect((await pass()).fail(error, WHAT)).toBe(error);
  await pass();

  expect(clock.ms).toBe(1000);
});

test("createGates() gives up a host after ten failures in a row, and takes it up again with its next answer", async () => {
  const { clock, pass } = watch();
  for (let request = 0; request < 10; request++) (await pass()).fail(CUT, WHAT);

  const final = (await pass()).fail(CUT, WHAT);
  const downAt = clock.ms;
  const turn = await pass();

  expect(final).toMatchObject({ isGivenUp: true });
  expect(final).not.toHaveProperty("isHeldBack");
  expect(final).not.toHaveProperty("retryAfterMs");
  expect(clock.ms - downAt).toBeLessThan(500);
  turn.succeed();
  expect((await pass()).fail(CUT, WHAT).isHeldBack).toBe(true);
});

test("createGates() keeps what a host asked for that it gives up", async () => {
  const { pass } = watch();
  const asking = failure("TOOMANYREQUESTS", 1000);
  for (let request = 0; request < 10; request++) (await pass()).fail(asking, WHAT);

  expect((await pass()).fail(asking, WHAT)).toMatchObject({ isGivenUp: true, retryAfterMs: 1000 });
});

test("createGates() ends the wait with the signal's reason", async () => {
  const gates = createGates();
  const controller = new AbortController();
  (await gates.pass(ORIGIN, undefined)).fail(failure("UNAVAILABLE", 30_000), WHAT);

  const passed = gates.pass(ORIGIN, controller.signal);
  controller.abort(new Error("stopped"));

  await expect(passed).rejects.toThrow("stopped");
});
