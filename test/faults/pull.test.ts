import { describe, expect, test } from "vitest";
import { type Carried, carryImage, OF_LAYER, SIZE } from "./carry-image.ts";
import type { Fault, Framing } from "./fault.ts";

const MIB = 1024 * 1024;
const CUT_AT = 3 * MIB + 7;
const CUT = { path: OF_LAYER, fault: { kind: "cut", at: CUT_AT } } as const;

const rangesOf = ({ layer }: Carried): readonly (string | undefined)[] => layer.map(({ range }) => range);

/** The offset that a range begins with, if it goes to the last byte. */
function startOf(range: string | undefined): number {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  expect(Number(last)).toBe(SIZE - 1);
  return Number(start);
}

/** What came of the layer before it broke off is not fetched again, but for what was on the way. */
function expectResumed(carried: Carried): void {
  expect(carried).toMatchObject({ outcome: "done", isSound: true });
  const [first, second, ...more] = rangesOf(carried);
  expect(first).toBeUndefined();
  expect(more).toEqual([]);
  expect(startOf(second)).toBeGreaterThan(CUT_AT - MIB);
  expect(startOf(second)).toBeLessThanOrEqual(CUT_AT);
}

/** After this the layer was asked for as a whole again, and came. */
function expectAnew(carried: Carried, requests: number): void {
  expect(carried).toMatchObject({ outcome: "done", isSound: true });
  expect(carried.layer).toHaveLength(requests);
  expect(rangesOf(carried).at(-1)).toBeUndefined();
}

// Most of the time is waiting before the next attempt.
describe.concurrent("faults of a registry that is read", () => {
  test.each<Framing>(["kept", "chunked"])(
    "row 1: a body with %s framing that ends early is resumed",
    async (framing) => {
      const carried = await carryImage({ ...CUT, fault: { ...CUT.fault, framing } });

      expectResumed(carried);
      expect(carried.sent).toBeLessThan(1.05 * SIZE + MIB);
    },
  );

  test("row 1: what never brings a byte is given up after five attempts", async () => {
    const carried = await carryImage({ path: OF_LAYER, times: Infinity, fault: { kind: "cut", at: 0 } });

    expect(carried).toMatchObject({ outcome: "CONNECTION_FAILED", isSound: false });
    expect(carried.layer).toHaveLength(5);
  });

  test("row 1: what brings a MiB each time is never given up", async () => {
    const fault: Fault = { kind: "cut", at: 1.5 * MIB };

    const carried = await carryImage({ path: OF_LAYER, times: Infinity, fault });

    expect(carried).toMatchObject({ outcome: "done", isSound: true });
    // More than the attempts that there are without progress.
    expect(carried.layer.length).toBeGreaterThan(5);
  });

  test("row 2: a body without a length that ends early is resumed", async () => {
    expectResumed(await carryImage({ ...CUT, fault: { ...CUT.fault, framing: "close" } }));
  });

  test("row 3: a body that is too long is read no further and fetched once more", async () => {
    const fault: Fault = { kind: "insert", at: SIZE, size: 40 * MIB, framing: "chunked" };

    const once = await carryImage({ path: OF_LAYER, fault });
    const always = await carryImage({ path: OF_LAYER, times: Infinity, fault });

    expectAnew(once, 2);
    // What was on the way when the connection was cut.
    expect(once.layer[0]?.sent).toBeLessThan(SIZE + 30 * MIB);
    expect(always).toMatchObject({ outcome: "SIZE_INVALID", isSound: false });
    expect(rangesOf(always)).toEqual([undefined, undefined]);
  });

  test("row 4: a length that is not the layer's is refused and asked for once more", async () => {
    const fault: Fault = { kind: "headers", set: { "content-length": String(SIZE - 1) } };

    const once = await carryImage({ path: OF_LAYER, fault });
    const always = await carryImage({ path: OF_LAYER, times: Infinity, fault });

    expectAnew(once, 2);
    expect(always).toMatchObject({ outcome: "SIZE_INVALID", isSound: false });
    expect(rangesOf(always)).toEqual([undefined, undefined]);
  });

  test("row 5: the whole layer in place of a range is never appended", async () => {
    const carried = await carryImage(CUT, { path: OF_LAYER, isRange: true, fault: { kind: "whole" } });

    expect(carried).toMatchObject({ outcome: "done", isSound: true });
    expect(carried.layer.length).toBeLessThanOrEqual(3);
    expect(carried.layer[1]).toMatchObject({ fault: "whole", status: 200 });
  });

  test.each<[string, Record<string, string>]>([
    ["another start", { "content-range": `bytes ${CUT_AT - 2 * MIB}-${SIZE - 1}/${SIZE}` }],
    ["an unknown total", { "content-range": `bytes ${CUT_AT}-${SIZE - 1}/*` }],
    ["another total", { "content-range": `bytes ${CUT_AT}-${SIZE - 1}/${SIZE + 1}` }],
    ["several parts", { "content-type": "multipart/byteranges; boundary=x", "content-range": "" }],
  ])("row 6: a range with %s is refused, and the layer begins anew", async (_, set) => {
    const fault: Fault = { kind: "headers", set };

    expectAnew(await carryImage(CUT, { path: OF_LAYER, isRange: true, fault }), 3);
  });

  test("row 7: where a range cannot be had the layer begins anew, once", async () => {
    const refusal = { path: OF_LAYER, isRange: true, fault: { kind: "answer", status: 416 } } as const;

    const once = await carryImage(CUT, refusal);
    const always = await carryImage(
      { ...CUT, times: Infinity, path: OF_LAYER, isRange: false },
      {
        ...refusal,
        times: Infinity,
      },
    );

    expectAnew(once, 3);
    expect(always.isSound).toBe(false);
    expect(always.layer.length).toBeLessThanOrEqual(10);
  });

  test("row 8: nothing is asked for when all bytes are there", async () => {
    const carried = await carryImage({
      path: OF_LAYER,
      fault: { kind: "cut", at: SIZE, framing: "chunked" },
    });

    expect(carried).toMatchObject({ outcome: "done", isSound: true });
    expect(rangesOf(carried)).toEqual([undefined]);
  });

  test.each<Fault>([
    { kind: "corrupt", at: 4 * MIB },
    { kind: "swap", at: MIB, size: MIB },
  ])("row 9: other bytes are fetched once more as a whole, then refused ($kind)", async (fault) => {
    const once = await carryImage({ path: OF_LAYER, fault });
    const always = await carryImage({ path: OF_LAYER, times: Infinity, fault });

    expectAnew(once, 2);
    expect(always).toMatchObject({ outcome: "DIGEST_INVALID", isSound: false });
    expect(rangesOf(always)).toEqual([undefined, undefined]);
  });

  test("row 9: after a range that brought other bytes the layer begins anew", async () => {
    const fault: Fault = { kind: "corrupt", at: MIB };

    expectAnew(await carryImage(CUT, { path: OF_LAYER, isRange: true, fault }), 3);
  });

  test("row 10: a signed URL that has expired is asked for anew at the registry", async () => {
    const expired = await carryImage({ path: OF_LAYER, fault: { kind: "redirect", uses: 0 } });

    expect(expired).toMatchObject({ outcome: "done", isSound: true });
    expect(expired.layer).toHaveLength(2);
    expect(expired.storage.map(({ status }) => status)).toEqual([403]);
  });

  test("row 10: what a signed URL began is resumed through a new one", async () => {
    const carried = await carryImage(
      { path: /^\/storage\//, fault: CUT.fault },
      {
        path: new RegExp(`^/v2/.*${OF_LAYER.source}`),
        times: Infinity,
        fault: { kind: "redirect", uses: 1 },
      },
    );

    expectResumed(carried);
    expect(carried.storage.map(({ status }) => status)).toEqual([200, 206]);
  });
});
