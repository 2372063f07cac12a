import type { Random } from "./random.ts";

/** Bytes and what was done to them. */
export interface MutatedBytes {
  readonly kind: string;
  readonly content: Buffer;
}

/** Does something to a file that needs no understanding of it. */
export function mutateBytes(random: Random, original: Buffer): MutatedBytes {
  const content = Buffer.from(original);
  const at = random.below(content.length);
  const size = random.below(random.pick([2, 16, 512, 4096]));
  const before = content.subarray(0, at);
  switch (random.below(9)) {
    case 0:
      for (let left = 1 + random.below(8); left > 0; left--) flipBit(random, content);
      return { kind: "bits", content };
    case 1:
      random.bytes(size).copy(content, at);
      return { kind: "random range", content };
    case 2:
      content.fill(random.pick([0, 0x20, 0x30, 0x37, 0x80, 0xff]), at, Math.min(at + size, content.length));
      return { kind: "filled range", content };
    case 3:
      content.copy(content, at, random.below(content.length), content.length);
      return { kind: "copied range", content };
    case 4:
      return { kind: "truncated", content: before };
    case 5:
      return { kind: "cut out", content: Buffer.concat([before, content.subarray(at + size)]) };
    case 6:
      return { kind: "inserted", content: Buffer.concat([before, random.bytes(size), content.subarray(at)]) };
    case 7:
      return {
        kind: "trailing",
        content: Buffer.concat([content, random.pick([Buffer.alloc(size), random.bytes(size)])]),
      };
    default:
      return {
        kind: "concatenated",
        content: Buffer.concat([content, content.subarray(random.below(content.length))]),
      };
  }
}

function flipBit(random: Random, content: Buffer): void {
  const at = random.below(content.length);
  content[at] = content.readUInt8(at) ^ (1 << random.below(8));
}
