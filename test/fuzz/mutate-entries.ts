import { encodeTarHeader } from "../../packages/core/src/bundle/tar-header.ts";
import type { Random } from "./random.ts";
import type { RawEntry } from "./rebuild-bundle.ts";

/** Fields of a tar header: offset and length. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
} as const;

const NAMES = [
  "../../etc/passwd",
  "/etc/passwd",
  "./oci-layout",
  "C:\\windows\\x",
  "blobs/sha256/../../x",
  "blobs\\sha256\\x",
  "bundle.json",
  "index.json",
  "",
  ".",
  "a\u0000b",
  "ext/note",
  "ext/../../x",
  "parts/sha256/00.1",
  "\u001b[2Jx",
];

/** File, links, devices, directory, pipe, GNU long name, long link, sparse, volume, pax. */
const TYPES = "0123456\u00007LKSMVxgXZ";

const SIZES = [0, 1, 511, 512, 513, 2 ** 20, 8 * 2 ** 30 - 1, 8 * 2 ** 30, 2 ** 53 - 1];

/** Does something to the entries of a tar file; what it was. */
export function mutateEntries(random: Random, entries: RawEntry[]): string {
  const at = random.below(entries.length);
  const entry = random.pick(entries);
  switch (random.below(9)) {
    case 0:
      entries.splice(at, 1);
      return "entry removed";
    case 1:
      entries.splice(at, 0, { ...entry });
      return "entry doubled";
    case 2:
      entries.splice(at, 0, ...entries.splice(random.below(entries.length), 1));
      return "entry moved";
    case 3:
      entry.header = changeField(random, entry.header);
      return "header field";
    case 4:
      entry.header = changeSize(random, entry.header);
      return "entry size";
    case 5:
      entries.splice(at, 0, makeEntry(random));
      return "entry inserted";
    case 6:
      entries.push(makeEntry(random, `ext/${random.pick(NAMES)}`));
      return "entry under ext/";
    case 7:
      entry.content = random.bytes(entry.content.length);
      return "content replaced";
    default:
      entry.content = Buffer.concat([entry.content, random.bytes(1 + random.below(600))]);
      return "content longer";
  }
}

function changeField(random: Random, header: Buffer): Buffer {
  const changed = Buffer.from(header);
  const [offset, length] = random.pick(Object.values(FIELDS));
  const start = header.length - 512 + offset;
  const value = random.pick([
    random.bytes(length),
    Buffer.alloc(length),
    Buffer.alloc(length, "7"),
    Buffer.alloc(length, 0xff),
    Buffer.alloc(length, random.pick(NAMES.filter((name) => name !== ""))),
    Buffer.alloc(length, random.pick([...TYPES])),
  ]);
  value.copy(changed, start, 0, length);
  return random.oneIn(8) ? changed : withChecksum(changed);
}

/** Octal, or base 256: positive, negative, huge. */
function changeSize(random: Random, header: Buffer): Buffer {
  const changed = Buffer.from(header);
  const start = header.length - 512 + 124;
  const size = random.pick([...SIZES, random.below(5000)]);
  changed.fill(0, start, start + 12);
  if (size < 8 * 2 ** 30 && !random.oneIn(3))
    changed.write(size.toString(8).padStart(11, "0"), start, "latin1");
  else {
    changed[start] = random.pick([0x80, 0xff]);
    changed.writeBigUInt64BE(BigInt(size), start + 4);
  }
  return withChecksum(changed);
}

/** An entry of any type, with the content that its type asks for. */
function makeEntry(random: Random, name: string = random.pick(NAMES)): RawEntry {
  const type = random.pick([...TYPES]);
  const content = random.pick([
    Buffer.alloc(0),
    Buffer.from("30 path=../../../etc/passwd\n"),
    Buffer.from("21 size=99999999999\n"),
    Buffer.from("99999999 path=x\n"),
    Buffer.from("../../../etc/passwd\0"),
    random.bytes(random.below(2000)),
  ]);
  const header = encodeTarHeader(name.slice(0, 100), content.length);
  header.write(type, 156, "latin1");
  header.write(random.pick(["", "/etc/passwd", "bundle.json"]), 157, "latin1");
  return { header: withChecksum(header), content };
}

/** The last block of a header with the right sum. */
function withChecksum(header: Buffer): Buffer {
  const block = header.subarray(header.length - 512);
  block.fill(" ", 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
