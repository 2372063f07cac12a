import { BlockList, isIP } from "node:net";

/** Addresses that mean the machine itself, its link or everybody, and where clouds keep the machine's own credentials. */
const BLOCKED_V4 = [
  ["0.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
  // Alibaba Cloud's metadata.
  ["100.100.100.200", 32],
] as const;
const BLOCKED_V6 = [
  ["::", 128],
  ["fe80::", 10],
  ["ff00::", 8],
  // Amazon's metadata.
  ["fd00:ec2::254", 128],
] as const;
const LOOPBACK_V4 = [["127.0.0.0", 8]] as const;
const LOOPBACK_V6 = [["::1", 128]] as const;

/** Names of metadata servers; behind a proxy they are all that can be seen. */
const BLOCKED_NAMES: ReadonlySet<string> = new Set(["metadata.google.internal", "metadata.goog"]);

/** Of NAT64, which carries an IPv4 address in its last 32 bits: {@link https://www.rfc-editor.org/rfc/rfc6052}. */
const NAT64_PREFIX = "64:ff9b::";

type Ranges = readonly (readonly [address: string, prefixLength: number])[];

const blocked = toBlockList(BLOCKED_V4, BLOCKED_V6);
const loopback = toBlockList(LOOPBACK_V4, LOOPBACK_V6);

/** Whether no registry may send us there. IPv4 addresses are also known in their IPv6 forms: mapped and NAT64. */
export function isBlockedAddress(address: string): boolean {
  return isIn(blocked, address);
}

/** Whether it is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  return isIn(loopback, address);
}

/** Whether it is the name of a metadata server. */
export function isBlockedName(hostname: string): boolean {
  return BLOCKED_NAMES.has(hostname.toLowerCase().replace(/\.$/, ""));
}

/** An address without what a URL or a zone adds to it, or the name as it is. */
export function bareHostname(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
}

function isIn(list: BlockList, text: string): boolean {
  const address = bareHostname(text);
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
}

function toBlockList(v4: Ranges, v6: Ranges): BlockList {
  const list = new BlockList();
  for (const [address, prefixLength] of v4) {
    // node looks mapped addresses up by itself.
    list.addSubnet(address, prefixLength, "ipv4");
    list.addSubnet(`${NAT64_PREFIX}${address}`, 96 + prefixLength, "ipv6");
  }
  for (const [address, prefixLength] of v6) list.addSubnet(address, prefixLength, "ipv6");
  return list;
}
