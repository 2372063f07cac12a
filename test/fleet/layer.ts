import { gzipSync } from "node:zlib";
import { digestOf } from "@airgap-bundle/core";

const BLOCK_SIZE = 512;

/** Where a gzip header names the system that it was made on, and the value for "unknown". */
const GZIP_SYSTEM = { offset: 9, unknown: 255 };

/** One layer of an image: a gzip'd tar. */
export interface Layer {
  readonly content: Uint8Array;
  /** Digest of the tar inside. */
  readonly diffId: string;
}

/** A layer with one file. The same name and content give the same bytes on every system. */
export function createLayer(name: string, content: Uint8Array): Layer {
  const padding = Buffer.alloc((BLOCK_SIZE - (content.length % BLOCK_SIZE)) % BLOCK_SIZE);
  const tar = Buffer.concat([
    tarHeader(name, content.length),
    content,
    padding,
    Buffer.alloc(2 * BLOCK_SIZE),
  ]);
  // Stored, not deflated: what deflating gives differs from one zlib to the next.
  const gzip = gzipSync(tar, { level: 0 });
  gzip.writeUInt8(GZIP_SYSTEM.unknown, GZIP_SYSTEM.offset);
  return { content: gzip, diffId: digestOf(tar) };
}

/** The ustar header of a plain file. */
export function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK_SIZE);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write(" ".repeat(8), 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  let checksum = 0;
  for (const byte of header) checksum += byte;
  header.write(`${checksum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
