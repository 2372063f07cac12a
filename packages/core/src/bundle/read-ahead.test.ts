import { expect, test } from "vitest";
import { type ReadableFile, readAhead } from "./read-ahead.ts";

const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

/** A file in memory that counts how often it is read; each read gives at most so much. */
function createFile(most: number = CONTENT.length): ReadableFile & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    reads,
    stat: async () => await Promise.resolve({ size: CONTENT.length }),
    async read(buffer, offset, length, position) {
      reads.push(position);
      const end = position + Math.min(length, most);
      return await Promise.resolve({ bytesRead: CONTENT.copy(buffer, offset, position, end) });
    },
  };
}

async function read(file: ReadableFile, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length + 2, "x");
  const { bytesRead } = await file.read(buffer, 1, length, position);
  expect([buffer[0], buffer[bytesRead + 1]]).toEqual([0x78, 0x78]);
  return buffer.subarray(1, bytesRead + 1);
}

test("what lies behind each other is read once", async () => {
  const file = createFile();
  const ahead = readAhead(file);

  for (const position of [512, 1024, 3000, 512, 16_000])
    expect(await read(ahead, position, 512)).toEqual(CONTENT.subarray(position, position + 512));
  expect(file.reads).toEqual([512]);
  expect(await read(ahead, 16_500, 512)).toEqual(CONTENT.subarray(16_500, 17_012));
  expect(await read(ahead, 511, 512)).toEqual(CONTENT.subarray(511, 1023));
  expect(file.reads).toEqual([512, 16_500, 511]);
});

test("large pieces go past it", async () => {
  const file = createFile();
  const ahead = readAhead(file);

  expect(await read(ahead, 10, 50_000)).toEqual(CONTENT.subarray(10, 50_010));
  expect(file.reads).toEqual([10]);
});

test("the end of the file is the end", async () => {
  const ahead = readAhead(createFile());

  expect(await read(ahead, CONTENT.length - 100, 512)).toEqual(CONTENT.subarray(-100));
  expect(await read(ahead, CONTENT.length, 512)).toHaveLength(0);
  expect(await ahead.stat()).toEqual({ size: CONTENT.length });
});

test("a file that gives little at once gives all in the end", async () => {
  const ahead = readAhead(createFile(300));

  expect(await read(ahead, 0, 512)).toEqual(CONTENT.subarray(0, 300));
  expect(await read(ahead, 300, 212)).toEqual(CONTENT.subarray(300, 512));
});

test("what cannot be read behind a piece is no fault of it", async () => {
  const file = createFile();
  const ahead = readAhead({
    ...file,
    read: async (buffer, offset, length, position) => {
      if (position < 8192 && position + length > 4096) throw new Error("EIO");
      return await file.read(buffer, offset, length, position);
    },
  });

  expect(await read(ahead, 512, 512)).toEqual(CONTENT.subarray(512, 1024));
  expect(await read(ahead, 1024, 512)).toEqual(CONTENT.subarray(1024, 1536));
  await expect(read(ahead, 4000, 512)).rejects.toThrow("EIO");
  expect(await read(ahead, 8192, 512)).toEqual(CONTENT.subarray(8192, 8704));
});

test("after a read that fails nothing of before is given", async () => {
  const file = createFile();
  let isBroken = false;
  const ahead = readAhead({
    ...file,
    read: async (...args) => {
      if (isBroken) throw new Error("EIO");
      return await file.read(...args);
    },
  });
  await read(ahead, 0, 10);
  isBroken = true;
  await expect(read(ahead, 90_000, 10)).rejects.toThrow("EIO");
  await expect(read(ahead, 0, 10)).rejects.toThrow("EIO");
});
