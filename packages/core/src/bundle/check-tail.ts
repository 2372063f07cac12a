import type { BundleProblem } from "./check-structure.ts";
import { readExactly } from "./file.ts";
import type { ReadableFile } from "./read-ahead.ts";
import type { BundleHead } from "./read-head.ts";
import { decodeTarHeader, roundUpToBlock, TAR_BLOCK_SIZE, TAR_END_SIZE } from "./tar-header.ts";

/** Where later versions may put what earlier ones need not understand. */
const EXTENSIONS = "ext/";

/** Checks that nothing but entries under `ext/`, which are passed over, and the end of the archive follow the blobs. */
export async function* checkTail(handle: ReadableFile, head: BundleHead): AsyncGenerator<BundleProblem> {
  const { size } = await handle.stat();
  const offset = head.size - TAR_END_SIZE + (await measureExtensions(handle, head));
  const expected = offset + TAR_END_SIZE;
  if (size !== expected) {
    const message = `the file has ${Math.abs(size - expected)} bytes too ${size > expected ? "many" : "few"}`;
    yield { kind: "length", message, volume: 1, offset: Math.min(size, expected) };
    return;
  }
  const end = await readExactly(handle, offset, TAR_END_SIZE);
  if (end.some((byte) => byte !== 0)) {
    yield { kind: "padding", message: "the end of the archive is not made of zeros", offset };
  }
}

/** Bytes that entries under `ext/` take behind the blobs. */
export async function measureExtensions(handle: ReadableFile, head: BundleHead): Promise<number> {
  const { size } = await handle.stat();
  const start = head.size - TAR_END_SIZE;
  let offset = start;
  while (offset + TAR_BLOCK_SIZE <= size) {
    const header = decodeTarHeader(await readExactly(handle, offset, TAR_BLOCK_SIZE));
    if (header?.name.startsWith(EXTENSIONS) !== true) break;
    offset += TAR_BLOCK_SIZE + roundUpToBlock(header.size);
  }
  return offset - start;
}
