import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { contentOf, readAll, verified } from "./content.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestOf } from "./hash.ts";

const LAYER = "application/vnd.oci.image.layer.v1.tar";
const BYTES = Buffer.from("abcdefghij");

function descriptorOf(bytes: Uint8Array, size = bytes.length): Descriptor {
  return { mediaType: LAYER, digest: digestOf(bytes), size };
}

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** What came through before it ended or failed. */
async function collect(content: AsyncIterable<Uint8Array>): Promise<{ text: string; error?: unknown }> {
  let text = "";
  try {
    for await (const chunk of content) text += Buffer.from(chunk).toString();
    return { text };
  } catch (error) {
    return { text, error };
  }
}

describe("verified()", () => {
  test.each([
    ["one chunk", ["abcdefghij"]],
    ["several chunks", ["abc", "def", "ghij"]],
    ["empty chunks between", ["", "abc", "", "defghij", ""]],
  ])("passes right content on: %s", async (_what, texts) => {
    expect(await collect(verified(descriptorOf(BYTES), chunksOf(...texts)))).toEqual({ text: "abcdefghij" });
  });

  test("passes no content on where none is due", async () => {
    expect(await collect(verified(descriptorOf(Buffer.alloc(0)), chunksOf()))).toEqual({ text: "" });
  });

  test("takes a sha512 digest", async () => {
    const digest = `sha512:${createHash("sha512").update(BYTES).digest("hex")}`;

    expect(await collect(verified({ ...descriptorOf(BYTES), digest }, chunksOf("abcdefghij")))).toEqual({
      text: "abcdefghij",
    });
  });

  test.each([
    ["with the last bytes in the last chunk", ["abc", "def", "ghiX"]],
    ["with an empty chunk at the end", ["abc", "def", "ghiX", ""]],
  ])("holds the last bytes of a wrong blob back, %s", async (_what, texts) => {
    const { text, error } = await collect(verified(descriptorOf(BYTES), chunksOf(...texts), "r.io/app"));

    expect(text).toBe("abcdef");
    expect(error).toMatchObject({
      code: "DIGEST_INVALID",
      message: expect.stringContaining(digestOf("abcdefghiX")),
    });
    expect(error).toMatchObject({ message: expect.stringContaining("from r.io/app") });
  });

  test("fails as soon as there is too much, without asking for more", async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked += 1;
        yield Buffer.alloc(6, "x");
      }
    }

    const { text, error } = await collect(verified(descriptorOf(BYTES), endless()));

    expect(error).toMatchObject({
      code: "SIZE_INVALID",
      message: expect.stringContaining("more than 10 bytes"),
    });
    expect(text.length).toBeLessThan(BYTES.length);
    expect(asked).toBe(2);
  });

  test("fails at an early end", async () => {
    const { text, error } = await collect(verified(descriptorOf(BYTES), chunksOf("abc", "def")));

    expect(text).toBe("abcdef");
    expect(error).toMatchObject({ code: "SIZE_INVALID", message: expect.stringContaining("6 of 10 bytes") });
  });

  test("gives on what the content fails with", async () => {
    const failure = new Error("cut");
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("abc");
      throw failure;
    }

    expect(await collect(verified(descriptorOf(BYTES), broken()))).toEqual({ text: "abc", error: failure });
  });

  test("asks for the end of content with a copy of its last chunk in hand", async () => {
    const lent = Buffer.alloc(5);
    async function* lending(): AsyncGenerator<Uint8Array> {
      for (const text of ["01234", "56789"]) {
        lent.write(text);
        yield lent;
        lent.fill("x");
      }
    }

    expect(await collect(verified(descriptorOf(Buffer.from("0123456789")), lending()))).toEqual({
      text: "0123456789",
    });
  });

  test("ends the content when its reader leaves early", async () => {
    let hasEnded = false;
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunksOf("abc", "defghij");
      } finally {
        hasEnded = true;
      }
    }

    for await (const _chunk of verified(descriptorOf(BYTES), watched())) break;

    expect(hasEnded).toBe(true);
  });

  test("refuses a descriptor with a malformed digest", async () => {
    const { error } = await collect(verified({ ...descriptorOf(BYTES), digest: "md5:00" }, chunksOf("a")));

    expect(error).toMatchObject({ code: "DIGEST_INVALID" });
  });
});

test("readAll() puts chunks together up to its maximum and no further", async () => {
  expect(Buffer.from(await readAll(chunksOf("abc", "de"), 5)).toString()).toBe("abcde");
  await expect(readAll(chunksOf("abc", "def"), 5)).rejects.toMatchObject({ code: "SIZE_INVALID" });
});

test("contentOf() gives bytes as one chunk, and none for no bytes", async () => {
  expect(await Array.fromAsync(contentOf(BYTES))).toEqual([BYTES]);
  expect(await Array.fromAsync(contentOf(new Uint8Array()))).toEqual([]);
});
