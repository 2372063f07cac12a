import { expect, test } from "vitest";
import { dechunked } from "./chunked.ts";

async function* partsOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let start = 0; start < text.length; start += size) yield Buffer.from(text.slice(start, start + size));
}

async function decode(text: string, size: number): Promise<string> {
  let content = "";
  for await (const part of dechunked(partsOf(text, size))) content += Buffer.from(part).toString();
  return content;
}

const BODY = "5\r\nhello\r\nA;name=value\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\n";

test.each([1, 2, 3, 7, 1000])(
  "dechunked() gives the content of chunks that come in parts of %i",
  async (size) => {
    expect(await decode(BODY, size)).toBe("hello, world!!!");
  },
);

test.each([BODY.slice(0, 8), BODY.slice(0, -2), "5\r\nhello\r\n", ""])(
  "dechunked() tells that a body was cut: %j",
  async (text) => {
    await expect(decode(text, 3)).rejects.toMatchObject({ code: "ECONNRESET" });
  },
);

test.each([
  "x\r\n",
  "-5\r\nhello\r\n",
  "5\r\nhello!\r\n",
  "1234567890abcdef\r\n",
  `${"0".repeat(20_000)}\r\n`,
  `0\r\n${"A: b\r\n".repeat(100)}`,
])("dechunked() refuses what is no chunk: %.20j", async (text) => {
  await expect(decode(text, 1000)).rejects.toMatchObject({ code: "HPE_INVALID_CHUNK_SIZE" });
});
