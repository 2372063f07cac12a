import { BundleError } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import type { Token } from "./token.ts";
import { createTokenCache } from "./token-cache.ts";

/** Fetches tokens that count from 1 and live five minutes. */
function createFetch(): () => Promise<Token> {
  let count = 0;
  return async () => ({ token: String(++count), lifetimeMs: 300_000 });
}

describe("createTokenCache()", () => {
  test("keeps a newer token when somebody comes late with the refusal of an old one", async () => {
    const cache = createTokenCache(() => 0);
    const fetch = createFetch();
    const first = await cache.get("a", fetch, undefined);

    cache.drop(first.token);
    const second = await cache.get("a", fetch, undefined);
    cache.drop(first.token);
    const third = await cache.get("a", fetch, undefined);

    expect([first, second, third]).toEqual([
      { token: "1", isNew: true },
      { token: "2", isNew: true },
      { token: "2", isNew: false },
    ]);
  });

  test("fetches again after a failure, which all who wait are told", async () => {
    const cache = createTokenCache(() => 0);
    const failing = async (): Promise<Token> => {
      throw new BundleError("UNAVAILABLE", "Cannot get a token");
    };

    const waiting = [1, 2].map(async () => await cache.get("a", failing, undefined));
    const outcomes = await Promise.allSettled(waiting);

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect((await cache.get("a", createFetch(), undefined)).token).toBe("1");
  });

  test("does not let one that gives up stop the others", async () => {
    const cache = createTokenCache(() => 0);
    const stopped = async (): Promise<Token> => {
      throw new Error("stopped");
    };

    const first = cache.get("a", stopped, undefined);
    const second = cache.get("a", createFetch(), undefined);

    await expect(first).rejects.toThrow("stopped");
    expect((await second).token).toBe("1");
    await expect(cache.get("b", stopped, AbortSignal.abort())).rejects.toThrow("stopped");
  });
});
