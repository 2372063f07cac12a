/**
 * Tar headers as bundles have them: POSIX ustar, a regular file, mode 0644, no owner, no time
 * ({@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06}). So name and size decide
 * every byte, and a reader checks a header by making the one that must stand there.
 */
export const TAR_BLOCK_SIZE = 512;

/** A tar file ends with two blocks of zeros. */
export const TAR_END_SIZE: number = 2 * TAR_BLOCK_SIZE;

const NAME_LENGTH = 100;
/** Largest size in eleven octal digits; larger ones are written in base 256, as GNU tar and star do. */
const MAX_OCTAL_SIZE = 0o77777777777;
const FIELDS = {
  name: 0,
  mode: 100,
  uid: 108,
  gid: 116,
  size: 124,
  mtime: 136,
  checksum: 148,
  type: 156,
  magic: 257,
};
const CHECKSUM_LENGTH = 8;

/** The header of a regular file of `size` bytes: one block, or three if the name needs a pax `path` record. */
export function encodeTarHeader(name: string, size: number): Buffer {
  if (name.length <= NAME_LENGTH) return encodeBlock(name, size, "0");
  const record = encodePaxRecord("path", name);
  const body = Buffer.alloc(roundUpToBlock(record.length));
  body.write(record, "ascii");
  return Buffer.concat([
    encodeBlock(`PaxHeader/${name.slice(-64)}`, record.length, "x"),
    body,
    encodeBlock(name.slice(0, NAME_LENGTH), size, "0"),
  ]);
}

/** The length of the header of a file of this name. */
export function sizeOfTarHeader(name: string): number {
  if (name.length <= NAME_LENGTH) return TAR_BLOCK_SIZE;
  return 2 * TAR_BLOCK_SIZE + roundUpToBlock(encodePaxRecord("path", name).length);
}

/**
 * Name and size from one header block; undefined if it is not a ustar header of a regular file with a right checksum.
 */
export function decodeTarHeader(
  block: Uint8Array,
): { readonly name: string; readonly size: number } | undefined {
  const header = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  if (
    header.length !== TAR_BLOCK_SIZE ||
    header.toString("latin1", FIELDS.magic, FIELDS.magic + 5) !== "ustar"
  )
    return undefined;
  const name = header.toString("latin1", FIELDS.name, FIELDS.name + NAME_LENGTH).replace(/\0.*$/s, "");
  const digits = header.toString("latin1", FIELDS.size, FIELDS.size + 11);
  if (!/^[0-7]{11}$/.test(digits)) return undefined;
  const size = Number.parseInt(digits, 8);
  return encodeBlock(name, size, "0").equals(header) ? { name, size } : undefined;
}

/** Bytes that a file of `size` bytes takes after its header, with the zeros up to the next block. */
export function roundUpToBlock(size: number): number {
  return Math.ceil(size / TAR_BLOCK_SIZE) * TAR_BLOCK_SIZE;
}

function encodeBlock(name: string, size: number, type: "0" | "x"): Buffer {
  const block = Buffer.alloc(TAR_BLOCK_SIZE);
  block.write(name, FIELDS.name, "latin1");
  block.write("0000644\0", FIELDS.mode, "latin1");
  block.write("0000000\0", FIELDS.uid, "latin1");
  block.write("0000000\0", FIELDS.gid, "latin1");
  writeSize(block, size);
  block.write("00000000000\0", FIELDS.mtime, "latin1");
  block.write(type, FIELDS.type, "latin1");
  block.write("ustar\x0000", FIELDS.magic, "latin1");
  block.fill(" ", FIELDS.checksum, FIELDS.checksum + CHECKSUM_LENGTH, "latin1");
  let sum = 0;
  for (let index = 0; index < TAR_BLOCK_SIZE; index++) sum += block[index] ?? 0;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, FIELDS.checksum, "latin1");
  return block;
}

function writeSize(block: Buffer, size: number): void {
  if (size <= MAX_OCTAL_SIZE) {
    block.write(`${size.toString(8).padStart(11, "0")}\0`, FIELDS.size, "latin1");
    return;
  }
  block[FIELDS.size] = 0x80;
  block.writeBigUInt64BE(BigInt(size), FIELDS.size + 4);
}

/** `LENGTH path=NAME\n`, where LENGTH counts the whole record with its own digits. */
function encodePaxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}
