import { type Auth, BundleError, type EventSink, type PullLimit, type Registry } from "@airgap-bundle/core";
import type { FindCredentials } from "../credentials/auth-file.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { type Mirror, type OpenedRegistry, openRegistry } from "./open-registry.ts";
import type { RequestKind } from "./remote.ts";

/** What all registries of a run have in common. */
export interface RegistryPoolOptions {
  readonly userAgent: string;
  readonly findCredentials: FindCredentials;
  /** Hosts that may be reached without TLS or with any certificate. */
  readonly insecureHosts: readonly string[];
  /** By the name of the registry in whose place they are asked. @default none */
  readonly mirrors?: ReadonlyMap<string, Mirror>;
  readonly onEvent?: EventSink;
}

/** What a selection says about one registry. */
export interface RegistrySettings {
  readonly auth?: Auth | undefined;
  readonly skipTlsVerify?: boolean;
}

/** The registries of a run: each opened once, their requests counted together. */
export interface RegistryPool {
  /** @throws `UNAUTHORIZED` if its credentials are to come from a variable that has none */
  open(name: string, settings?: RegistrySettings): Registry;
  /** Requests of each kind so far. */
  requests(): Readonly<Record<RequestKind, number>>;
  /** What a registry has last said about its limit. */
  pullLimit(name: string): PullLimit | undefined;
  close(): Promise<void>;
}

/** A pool that has opened nothing yet. */
export function createRegistryPool(options: RegistryPoolOptions): RegistryPool {
  const { userAgent, findCredentials, insecureHosts, mirrors = new Map<string, Mirror>(), onEvent } = options;
  const opened = new Map<string, OpenedRegistry>();
  const limits = new Map<string, PullLimit>();
  const requests = {
    headManifest: 0,
    getManifest: 0,
    putManifest: 0,
    headBlob: 0,
    getBlob: 0,
    postUpload: 0,
    putBlob: 0,
    listTags: 0,
    listReferrers: 0,
  };

  const openNew = (name: string, settings: RegistrySettings): OpenedRegistry => {
    const mirror = mirrors.get(name);
    const host = mirror?.host ?? name;
    // A mirror is another registry: what the selection says of the original is not meant for it.
    const own = mirror === undefined ? settings : {};
    return openRegistry(name, {
      userAgent,
      mirror,
      credentials: chooseCredentials(host, own.auth, findCredentials),
      isInsecure: own.skipTlsVerify === true || insecureHosts.includes(host),
      onRequest: (kind) => {
        requests[kind] += 1;
      },
      onPullLimit: (limit) => {
        limits.set(name, limit);
      },
      onEvent,
    });
  };

  return {
    open(name, settings = {}) {
      const key = JSON.stringify([name, settings]);
      const registry = opened.get(key) ?? openNew(name, settings);
      opened.set(key, registry);
      return registry;
    },
    requests: () => ({ ...requests }),
    pullLimit: (name) => limits.get(name),
    close: async () => {
      await Promise.all([...opened.values()].map(async (registry) => await registry.close()));
    },
  };
}

function chooseCredentials(
  host: string,
  auth: Auth | undefined,
  findCredentials: FindCredentials,
): Credentials | undefined {
  switch (auth?.kind) {
    case undefined:
      return findCredentials(host);
    case "none":
      return undefined;
    case "inline":
      return auth.credentials;
    case "environment":
      if (auth.credentials !== undefined) return auth.credentials;
      throw new BundleError(
        "UNAUTHORIZED",
        `Cannot log in to ${host}: the variable ${auth.variable} holds no credentials`,
        {
          hint: `Set ${auth.variable} to base64 of user:password, or remove auth from the selection`,
        },
      );
  }
}
