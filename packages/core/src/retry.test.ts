import { expect, test } from "vitest";
import { BundleError, type ErrorCode } from "./error.ts";
import type { TransferEvent } from "./events.ts";
import { type RetryOptions, retry } from "./retry.ts";

/** Fails with these errors, one after the other, then succeeds with the number of attempts. */
function failing(...errors: readonly Error[]): (attempt: number) => Promise<number> {
  return async (attempt) => {
    const error = errors[attempt - 1];
    if (error !== undefined) throw error;
    return attempt;
  };
}

function failure(code: ErrorCode, retryAfterMs?: number): BundleError {
  return new BundleError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** The waits that were announced; the first longer one is not waited for. */
async function waitsOf(work: (attempt: number) => Promise<number>, longestMs: number): Promise<number[]> {
  const controller = new AbortController();
  const waits: number[] = [];
  const onEvent = (event: TransferEvent): void => {
    if (event.kind !== "retry") return;
    waits.push(event.waitMs);
    if (event.waitMs > longestMs) controller.abort(new Error("long enough"));
  };
  await expect(retry(work, { onEvent, signal: controller.signal })).rejects.toThrow("long enough");
  return waits;
}

test.each<ErrorCode>(["CONNECTION_FAILED", "UNAVAILABLE", "TOOMANYREQUESTS"])(
  "retry() tries again after %s, when the registry says",
  async (code) => {
    expect(await retry(failing(failure(code, 1), failure(code, 0)))).toBe(3);
  },
);

test.each([
  ["another code", failure("DENIED")],
  ["a used-up pull limit", failure("TOOMANYREQUESTS")],
  ["a wait of more than a minute", failure("UNAVAILABLE", 60_001)],
  ["an error that is not ours", new TypeError("bug")],
  ["what is no error", "text"],
])("retry() gives up at once after %s", async (_what, error) => {
  let attempts = 0;
  const work = async (): Promise<never> => {
    attempts += 1;
    return await Promise.reject(error);
  };

  await expect(retry(work)).rejects.toBe(error);
  expect(attempts).toBe(1);
});

test.each([
  [{}, 5],
  [{ attempts: 2 }, 2],
  [{ attempts: 1 }, 1],
])("retry() with %j makes %i attempts and throws the last error", async (options: RetryOptions, expected) => {
  const errors: BundleError[] = [];
  const work = async (): Promise<never> => {
    const error = failure("UNAVAILABLE", 0);
    errors.push(error);
    throw error;
  };

  const error = await retry(work, options).catch((thrown: unknown) => thrown);

  expect(errors).toHaveLength(expected);
  expect(error).toBe(errors.at(-1));
});

test.each([
  [1, 500],
  [2, 1000],
  [3, 2000],
  [4, 4000],
])("retry() waits after attempt %i, where nobody says how long, %i ms", async (attempt, waitMs) => {
  const before = Array<BundleError>(attempt - 1).fill(failure("CONNECTION_FAILED", 0));

  const waits = await waitsOf(failing(...before, failure("CONNECTION_FAILED")), 0);

  expect(waits.at(-1)).toBe(waitMs);
});

test("retry() waits for what the registry asks, up to a minute", async () => {
  expect(await waitsOf(failing(failure("TOOMANYREQUESTS", 60_000)), 0)).toEqual([60_000]);
});

test("retry() repeats nothing at a host that was given up, whatever it asks for", async () => {
  const error = new BundleError("TOOMANYREQUESTS", "busy", { retryAfterMs: 0, isGivenUp: true });

  await expect(retry(failing(error))).rejects.toBe(error);
});

test("retry() repeats further codes once", async () => {
  const options: RetryOptions = { alsoRetryOnce: ["DIGEST_INVALID"] };
  const wrong = failure("DIGEST_INVALID", 0);

  expect(await retry(failing(wrong), options)).toBe(2);
  await expect(retry(failing(wrong, wrong), options)).rejects.toBe(wrong);
  expect(await retry(failing(failure("UNAVAILABLE", 0), wrong), options)).toBe(3);
});

test("retry() does not count an attempt that won a MiB or more", async () => {
  let won = 0;
  const work = async (attempt: number): Promise<number> => {
    if (attempt > 12) return attempt;
    won += 1024 * 1024;
    throw failure("CONNECTION_FAILED", 0);
  };

  expect(await retry(work, { progress: () => won })).toBe(13);
});

test("retry() gives up after five attempts that won less, however much was won before", async () => {
  let won = 0;
  let attempts = 0;
  const work = async (attempt: number): Promise<never> => {
    attempts = attempt;
    won += attempt <= 3 ? 10 * 1024 * 1024 : 1024 * 1024 - 1;
    throw failure("CONNECTION_FAILED", 0);
  };

  await expect(retry(work, { progress: () => won })).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
  // The third attempt is the first of the five: what came after it was in vain.
  expect(attempts).toBe(7);
});

test("retry() waits half a second again after an attempt that won something", async () => {
  let won = 0;
  const work = async (attempt: number): Promise<never> => {
    if (attempt === 3) won += 1024 * 1024;
    throw failure("CONNECTION_FAILED", attempt === 3 ? undefined : 0);
  };
  const controller = new AbortController();
  const waits: number[] = [];
  const onEvent = (event: TransferEvent): void => {
    if (event.kind !== "retry") return;
    waits.push(event.waitMs);
    if (event.waitMs > 0) controller.abort(new Error("long enough"));
  };

  await expect(retry(work, { onEvent, signal: controller.signal, progress: () => won })).rejects.toThrow(
    "long enough",
  );

  expect(waits).toEqual([0, 0, 500]);
});

test("retry() neither waits nor tells where the next request will wait anyway", async () => {
  const events: TransferEvent[] = [];
  const held = new BundleError("UNAVAILABLE", "busy", { retryAfterMs: 60_000, isHeldBack: true });

  expect(await retry(failing(held, held), { onEvent: (event) => events.push(event) })).toBe(3);
  expect(events).toEqual([]);
});

test("row 112: retry() asks for an unknown name once more, for what cannot be resolved now up to five times", async () => {
  const attemptsFor = async (code: string): Promise<number> => {
    let attempts = 0;
    const cause = Object.assign(new Error(`getaddrinfo ${code}`), { code });
    const work = async (attempt: number): Promise<never> => {
      attempts = attempt;
      throw new BundleError("CONNECTION_FAILED", code, { cause, isHeldBack: true });
    };
    await expect(retry(work)).rejects.toThrow(code);
    return attempts;
  };

  expect(await attemptsFor("ENOTFOUND")).toBe(2);
  // Row 48.
  expect(await attemptsFor("UND_ERR_HEADERS_OVERFLOW")).toBe(2);
  expect(await attemptsFor("HPE_INVALID_HEADER_TOKEN")).toBe(2);
  for (const code of ["EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "EHOSTUNREACH"])
    expect(await attemptsFor(code)).toBe(5);
});

test("retry() tells why it waits", async () => {
  const events: TransferEvent[] = [];

  await retry(failing(failure("UNAVAILABLE", 1)), { onEvent: (event) => events.push(event) });

  expect(events).toEqual([{ kind: "retry", message: "UNAVAILABLE", waitMs: 1 }]);
});

test("retry() throws the abort reason, not what the work fails with because of it", async () => {
  const controller = new AbortController();
  const work = async (): Promise<never> => {
    controller.abort(new Error("stopped"));
    throw failure("CONNECTION_FAILED", 0);
  };

  await expect(retry(work, { signal: controller.signal })).rejects.toThrow("stopped");
});
