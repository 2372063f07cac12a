import { expect, test, vi } from "vitest";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import { digestOf } from "../hash.ts";
import type { Source } from "../repository.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import type { PullLimit } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { createPullWaiter, type PullWaiter } from "./pull-waiter.ts";

const WANTED = {
  descriptor: {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: digestOf(Buffer.from("a")),
    size: 1,
  },
  from: { registry: "docker.io", repository: "library/redis" },
};
const HOUR_MS = 3600 * 1000;
const MARGIN_HOURS = 1 / 6;
const REFUSAL = new BundleError("TOOMANYREQUESTS", "Cannot go on");
const USED_UP: PullLimit = { remaining: 0, limit: 100, windowSeconds: 21_600 };

interface Watched {
  readonly waiter: PullWaiter;
  /** What was told: host, milliseconds, message. */
  readonly told: unknown[];
  readonly asked: string[];
}

/** Waits, with nothing granted, until that is given up; resolves to the hours. */
async function hoursUntilRefused(waiter: PullWaiter, wanted: WantedManifest): Promise<number> {
  vi.useFakeTimers();
  try {
    const began = Date.now();
    const refused = expect(waiter.wait(wanted, 1, REFUSAL)).rejects.toBe(REFUSAL);
    await vi.runAllTimersAsync();
    await refused;
    return (Date.now() - began) / HOUR_MS;
  } finally {
    vi.useRealTimers();
  }
}

/** A waiter whose registry answers, each time it is asked, with the next of these limits or errors. */
function watch(answers: readonly (PullLimit | BundleError | undefined)[], askEveryMs = 1): Watched {
  const told: unknown[] = [];
  const asked: string[] = [];
  let limit: PullLimit | undefined = USED_UP;
  const resolve: Source["resolve"] = async (reference) => {
    const answer = answers[asked.length];
    asked.push(reference);
    if (answer instanceof BundleError) throw answer;
    limit = answer;
    return WANTED.descriptor;
  };
  const options: Partial<PlanOptions> = {
    openSource: () => ({ resolve }) satisfies Partial<Source> as unknown as Source,
    pullLimit: () => limit,
    askEveryMs,
    onEvent: (event: TransferEvent) => {
      if (event.kind === "retry") told.push([event.host, event.waitMs, event.message]);
    },
  };
  return { waiter: createPullWaiter(options as PlanOptions), told, asked };
}

test("row 43: createPullWaiter() asks by HEAD again and again, and tells each time", async () => {
  const { waiter, told, asked } = watch([USED_UP, REFUSAL, { remaining: 3 }]);

  await waiter.wait(WANTED, 12, REFUSAL);

  expect(asked).toEqual(Array(3).fill(WANTED.descriptor.digest));
  const message = "it grants no more pulls for now, and 12 are still needed";
  expect(told).toEqual(Array(3).fill(["docker.io", 1, message]));
});

test("row 43: createPullWaiter() waits as long as the registry says, where it does", async () => {
  const { waiter, told } = watch([{ ...USED_UP, resetSeconds: 1 }, { remaining: 100 }]);

  await waiter.wait(WANTED, 1, REFUSAL);
  expect(told.map((each) => (each as unknown[])[1])).toEqual([1, 1000]);
});

test("createPullWaiter() goes on where a registry names no limit", async () => {
  const { waiter, asked } = watch([undefined]);

  await waiter.wait(WANTED, 1, REFUSAL);

  expect(asked).toHaveLength(1);
});

test("createPullWaiter() gives up a registry after a window without a pull, and begins anew after one", async () => {
  const { waiter, asked } = watch(Array<PullLimit>(20).fill(USED_UP), 2 * HOUR_MS);
  const other = { ...WANTED, from: { registry: "quay.io", repository: "app" } };

  expect(await hoursUntilRefused(waiter, WANTED)).toBe(6 + MARGIN_HOURS);
  expect(asked).toHaveLength(4);
  expect(await hoursUntilRefused(waiter, WANTED)).toBe(0);
  expect(await hoursUntilRefused(waiter, other)).toBe(6 + MARGIN_HOURS);
  waiter.reset("docker.io");
  expect(await hoursUntilRefused(waiter, other)).toBe(0);
  expect(await hoursUntilRefused(waiter, WANTED)).toBe(6 + MARGIN_HOURS);
});

test("row 43: createPullWaiter() asks on where asking fails in a way that may pass, and tells so", async () => {
  const down = new BundleError("CONNECTION_FAILED", "Cannot resolve it");
  const { waiter, told, asked } = watch([{ ...USED_UP, resetSeconds: 3600 }, down, { remaining: 3 }]);

  vi.useFakeTimers();
  const waiting = waiter.wait(WANTED, 1, REFUSAL);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  await waiting;

  expect(asked).toHaveLength(3);
  const message = "it grants no more pulls for now, and 1 is still needed";
  expect(told).toEqual([
    ["docker.io", 1, message],
    ["docker.io", HOUR_MS, message],
    // What the registry said before says nothing about now.
    ["docker.io", 1, `${message}; asking it failed: Cannot resolve it`],
  ]);
});

test("createPullWaiter() gives up after a window in which asking failed, with what the registry said", async () => {
  const down = new BundleError("UNAVAILABLE", "Cannot resolve it");
  const { waiter } = watch(Array<BundleError>(20).fill(down), HOUR_MS);

  expect(await hoursUntilRefused(waiter, WANTED)).toBe(6 + MARGIN_HOURS);
});

test("createPullWaiter() leaves it to the pull where asking fails for another reason", async () => {
  const { waiter, asked } = watch([new BundleError("DENIED", "Cannot resolve it")]);

  await waiter.wait(WANTED, 1, REFUSAL);

  expect(asked).toHaveLength(1);
});

test("createPullWaiter() fails with what concerns all", async () => {
  const interrupted = new BundleError("INTERRUPTED", "Interrupted");
  const { waiter } = watch([interrupted]);

  await expect(waiter.wait(WANTED, 1, REFUSAL)).rejects.toBe(interrupted);
});

test("createPullWaiter() ends with the signal's reason", async () => {
  const { waiter } = watch([]);
  const signal = AbortSignal.abort(new Error("stopped"));

  await expect(waiter.wait(WANTED, 1, REFUSAL, { signal })).rejects.toThrow("stopped");
});

test("createPullWaiter() waits no longer than the window is long", async () => {
  const { waiter, told } = watch([{ remaining: 0, windowSeconds: 1 }, { remaining: 100 }], 5);
  const slow = watch([{ remaining: 0, windowSeconds: 1 }, { remaining: 100 }], 1500);

  await Promise.all([waiter.wait(WANTED, 1, REFUSAL), slow.waiter.wait(WANTED, 1, REFUSAL)]);

  expect(told.map((each) => (each as unknown[])[1])).toEqual([5, 5]);
  expect(slow.told.map((each) => (each as unknown[])[1])).toEqual([1500, 1000]);
});
