import { readFileSync } from "node:fs";

/** `e_machine` of the ELF header: {@link https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html}. */
export const X86_64 = 62;
export const AARCH64 = 183;

const INTERPRETER = 3;

/** Whether this is a 64-bit little-endian program for this machine that needs no loader, and so runs in an image alone. */
export function isStaticBinary(path: string, machine: number): boolean {
  const file = readFileSync(path);
  const isElf64 = file.length >= 64 && file.subarray(0, 6).equals(Buffer.from("\x7fELF\x02\x01", "latin1"));
  if (!isElf64 || file.readUInt16LE(18) !== machine) return false;
  const offset = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  const types = Array.from({ length: count }, (_, i) => file.readUInt32LE(offset + i * size));
  return !types.includes(INTERPRETER);
}
