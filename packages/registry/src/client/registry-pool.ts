import {
  type AbortOptions,
  type Auth,
  BundleError,
  closeAfter,
  type EventSink,
  isDockerHub,
  type ListRepositories,
  type PullLimit,
  type Registry,
  type RepositoryList,
  type RepositoryQuery,
} from "@airgap-bundle/core";
import type { FindCredentials } from "../credentials/credentials.ts";
import type { ExchangeSink } from "../network/exchange.ts";
import { createNetwork, type NetworkOptions } from "../network/network.ts";
import type { FindOwnCredentials } from "./authorizer.ts";
import { createConnection } from "./connection.ts";
import { createGates } from "./gates.ts";
import { type HubListing, listHubRepositories } from "./hub-repositories.ts";
import { type Mirror, type OpenedRegistry, openRegistry } from "./open-registry.ts";
import type { RequestKind } from "./remote.ts";

/** What `auth-refresh` of a selection means: {@link https://github.com/awslabs/amazon-ecr-credential-helper}. */
const ECR_HELPER = "ecr-login";

/** What all registries of a run have in common. */
export interface RegistryPoolOptions extends NetworkOptions {
  readonly userAgent: string;
  readonly findCredentials: FindCredentials;
  /** By the name of the registry in whose place they are asked. @default none */
  readonly mirrors?: ReadonlyMap<string, Mirror>;
  /** Blobs are sent in pieces of so many bytes. @default in one, as long as the registry takes that */
  readonly chunkSize?: number | undefined;
  readonly onEvent?: EventSink;
  /** Told how every request ended that went over the network. */
  readonly onExchange?: ExchangeSink | undefined;
}

/** What a selection says about one registry. */
export interface RegistrySettings {
  readonly auth?: Auth | undefined;
  /** Its passwords are made anew by ECR's credential helper, whether or not that is configured. */
  readonly authRefresh?: boolean | undefined;
  readonly skipTlsVerify?: boolean;
}

/** The registries of a run: each opened once, their requests counted together. */
export interface RegistryPool {
  /** @throws `UNAUTHORIZED` if its credentials are to come from a variable that has none */
  open(name: string, settings?: RegistrySettings): Registry;
  /** Asks a registry, or Docker Hub's web interfaces, for repositories. @throws as {@link RegistryPool.open}, and what requests fail with */
  listRepositories: ListRepositories;
  /** Requests of each kind so far. */
  requests(): Readonly<Record<RequestKind, number>>;
  /** What a registry has last said about its limit. */
  pullLimit(name: string): PullLimit | undefined;
  close(): Promise<void>;
}

/** Docker Hub's web interfaces: the name by which each is mirrored, and its host. */
const HUB_INTERFACES = {
  dockerhub: { name: "hub.docker.com", own: "hub.docker.com" },
  // One of the names of the registry, and so mirrored with it.
  index: { name: "docker.io", own: "index.docker.io" },
} as const;

type ListHub = (
  listing: HubListing,
  query: RepositoryQuery,
  options: AbortOptions,
) => Promise<RepositoryList>;

/** A pool that has opened nothing yet. @throws `USAGE` for a proxy that cannot be used */
export function createRegistryPool(options: RegistryPoolOptions): RegistryPool {
  const { userAgent, findCredentials, mirrors = new Map<string, Mirror>(), onEvent, onExchange } = options;
  const network = createNetwork(options);
  const gates = createGates({ onEvent });
  const opened = new Map<string, OpenedRegistry>();
  const limits = new Map<string, PullLimit>();
  const requests = {
    headManifest: 0,
    getManifest: 0,
    putManifest: 0,
    headBlob: 0,
    getBlob: 0,
    postUpload: 0,
    patchBlob: 0,
    putBlob: 0,
    listTags: 0,
    listRepositories: 0,
    listReferrers: 0,
  };
  const onRequest = (kind: RequestKind): void => {
    requests[kind] += 1;
  };

  const openNew = (name: string, settings: RegistrySettings): OpenedRegistry => {
    const mirror = mirrors.get(name);
    const host = mirror?.host ?? name;
    // A mirror is another registry: what the selection says of the original is not meant for it.
    const own = mirror === undefined ? settings : {};
    return openRegistry(name, {
      userAgent,
      mirror,
      chunkSize: options.chunkSize,
      findCredentials: chooseCredentials(host, own, findCredentials),
      isInsecure: own.skipTlsVerify === true || network.isInsecure(host),
      onRequest,
      onPullLimit: (limit) => {
        limits.set(name, limit);
      },
      network,
      gates,
      onEvent,
      onExchange,
    });
  };

  const open = (name: string, settings: RegistrySettings = {}): OpenedRegistry => {
    const key = JSON.stringify([name, settings]);
    const registry = opened.get(key) ?? openNew(name, settings);
    opened.set(key, registry);
    return registry;
  };

  const listHub: ListHub = async (listing, { registry, location, maxRepositories }, abort) => {
    const { name, own } = HUB_INTERFACES[listing.type];
    const mirror = mirrors.get(name);
    const host = mirror?.host ?? own;
    // What the selection says of another registry is not meant for Docker Hub either.
    const settings = mirror === undefined && isDockerHub(registry) ? { auth: location.auth } : {};
    const credentials = await chooseCredentials(
      mirror?.host ?? "docker.io",
      settings,
      findCredentials,
    )(undefined);
    const isInsecure = network.isInsecure(host);
    const connection = createConnection({ host, isInsecure, userAgent, network, gates, onExchange });
    const hub = {
      connection,
      host,
      prefix: mirror === undefined || mirror.prefix === "" ? "" : `/${mirror.prefix}`,
      // Docker Hub's own interfaces take nothing else.
      credentials: credentials?.kind === "password" ? credentials : undefined,
      onRequest,
      onEvent,
    };
    return await closeAfter(
      connection,
      async () => await listHubRepositories(hub, listing, { ...abort, maxRepositories }),
    );
  };

  return {
    open,
    async listRepositories(query, abort) {
      const { registry, location, listing, maxRepositories } = query;
      if (listing.type !== "catalog") return await listHub(listing, query, abort);
      const { auth, authRefresh, skipTlsVerify } = location;
      return await open(registry, { auth, authRefresh, skipTlsVerify }).listRepositories({
        ...abort,
        maxRepositories,
      });
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
  { auth, authRefresh }: RegistrySettings,
  findCredentials: FindCredentials,
): FindOwnCredentials {
  switch (auth?.kind) {
    case undefined: {
      const helper = authRefresh === true ? { helper: ECR_HELPER } : {};
      return async (repository, refused) =>
        await findCredentials(host, repository, { ...helper, ...(refused === undefined ? {} : { refused }) });
    }
    case "none":
      return async () => undefined;
    case "inline":
      return always(auth.credentials, "auth in the selection");
    case "environment":
      if (auth.credentials !== undefined) return always(auth.credentials, `$${auth.variable}`);
      throw new BundleError(
        "UNAUTHORIZED",
        `Cannot log in to ${host}: the variable ${auth.variable} is not set, or holds no credentials`,
        {
          hint: `Set ${auth.variable} to base64 of user:password, or remove auth from the selection`,
        },
      );
  }
}

function always(
  pair: { readonly username: string; readonly password: string },
  origin: string,
): FindOwnCredentials {
  const credentials = { kind: "password", ...pair, origin } as const;
  return async () => credentials;
}
