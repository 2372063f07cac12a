import type { LookupAddress, LookupOptions, lookup as systemLookup } from "node:dns";
import { describe, expect, test } from "vitest";
import { createGuard, type Guard } from "./guard.ts";

type LookupFails = Parameters<Parameters<Guard["lookup"]>[2]>[0];

/** A name server that gives these addresses. */
function serveNames(addresses: readonly string[], error: LookupFails = null): typeof systemLookup {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const lookup = (
    _name: string,
    _options: LookupOptions,
    callback: (error: LookupFails, addresses: LookupAddress[]) => void,
  ): void => callback(error, found);
  return lookup as typeof systemLookup;
}

function guardOf(addresses: readonly string[], allowsLoopback = false, error: LookupFails = null): Guard {
  return createGuard({ allowsLoopback: () => allowsLoopback, lookup: serveNames(addresses, error) });
}

async function lookUp(guard: Guard, options: LookupOptions = { all: true }): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    guard.lookup("cdn.io", options, (error, address) => (error === null ? resolve(address) : reject(error)));
  });
}

describe("lookup()", () => {
  test.each([
    ["a blocked address", ["169.254.169.254"]],
    ["one among others", ["10.0.0.1", "fe80::1"]],
    ["a mapped one", ["::ffff:169.254.169.254"]],
    ["this machine", ["127.0.0.1"]],
  ])("refuses a name that is %s", async (_what, addresses) => {
    await expect(lookUp(guardOf(addresses))).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringMatching(
        /^the registry leads to the blocked address cdn\.io, which is [0-9a-f:.]+$/,
      ),
      hint: expect.stringContaining("--insecure HOST"),
    });
  });

  test("gives private addresses, all or one", async () => {
    const guard = guardOf(["10.0.0.1", "fd00::1"]);

    expect(await lookUp(guard)).toEqual([
      { address: "10.0.0.1", family: 4 },
      { address: "fd00::1", family: 6 },
    ]);
    expect(await lookUp(guard, {})).toBe("10.0.0.1");
  });

  test("gives this machine's address where that is allowed", async () => {
    expect(await lookUp(guardOf(["127.0.0.1"], true))).toEqual([{ address: "127.0.0.1", family: 4 }]);
    await expect(lookUp(guardOf(["169.254.1.1"], true))).rejects.toThrow("blocked address");
  });

  test("passes on what a name server fails with", async () => {
    const error = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });

    await expect(lookUp(guardOf([], false, error))).rejects.toBe(error);
  });
});

describe("check()", () => {
  test.each(["169.254.169.254", "[fe80::1]", "127.0.0.1", "metadata.google.internal"])(
    "refuses %s",
    (hostname) => {
      expect(() => guardOf([]).check(hostname)).toThrow(`the blocked address ${hostname}`);
    },
  );

  test.each(["10.0.0.1", "[fd00::1]", "cdn.io"])("lets %s pass", (hostname) => {
    expect(() => guardOf([]).check(hostname)).not.toThrow();
  });
});
