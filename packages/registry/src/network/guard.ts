import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isBlockedAddress, isBlockedName, isLoopbackAddress } from "./address.ts";
import { NetworkError } from "./network-error.ts";

/** Keeps connections away from where no registry may send us. */
export interface Guard {
  /** Checks what can be seen without a name server: an address, or a name that is known. @throws NetworkError */
  check(hostname: string): void;
  /** Looks a name up, and refuses it if any of its addresses is blocked: it may answer differently each time. */
  readonly lookup: LookupFunction;
}

/** What a guard works with. */
export interface GuardOptions {
  /** Asked for each connection. */
  readonly allowsLoopback: () => boolean;
  /** @default the system's */
  readonly lookup?: typeof systemLookup;
}

/** A guard for hosts that the operator has not named himself. Private networks are allowed: registries live there. */
export function createGuard({ allowsLoopback, lookup = systemLookup }: GuardOptions): Guard {
  const isBlocked = (address: string): boolean =>
    isBlockedAddress(address) || (isLoopbackAddress(address) && !allowsLoopback());

  return {
    check(hostname) {
      if (isBlocked(hostname) || isBlockedName(hostname)) throw refused(hostname, hostname);
    },
    lookup(hostname, options, callback) {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, []);
        const blocked = addresses.find(({ address }) => isBlocked(address));
        if (blocked !== undefined) return callback(refused(hostname, blocked.address), []);
        const [first] = addresses;
        if (options.all === true || first === undefined) return callback(null, addresses);
        return callback(null, first.address, first.family);
      });
    },
  };
}

function refused(hostname: string, address: string): NetworkError {
  const place = hostname === address ? hostname : `${hostname}, which is ${address}`;
  return new NetworkError("REGISTRY_FAILED", `the registry leads to the blocked address ${place}`, {
    hint: "The registry is misconfigured, or somebody uses it to reach this machine's surroundings; if the host is right, name it with --insecure HOST",
  });
}
