import type { EventSink, PullLimit, Registry, Repository, RepositoryList } from "@airgap-bundle/core";
import type { ExchangeSink } from "../network/exchange.ts";
import { createNetwork, type Network } from "../network/network.ts";
import type { FindOwnCredentials } from "./authorizer.ts";
import { createGates, type Gates } from "./gates.ts";
import { type ListRepositoriesOptions, listCatalog } from "./list-repositories.ts";
import type { RegistryMemory, RequestKind } from "./remote.ts";
import { createSource } from "./source.ts";
import { createTarget } from "./target.ts";
import { createTransport, type Transport } from "./transport.ts";
import { createUploadMemory } from "./upload-memory.ts";
import { createWarner, hearWarnings } from "./warn-once.ts";

/** The host behind the name docker.io. */
const DOCKER_HUB_HOST = "registry-1.docker.io";

/** A pull-through cache or copy that is asked in a registry's place. */
export interface Mirror {
  /** HOST[:PORT]. */
  readonly host: string;
  /** Put before the names of repositories; may be empty. */
  readonly prefix: string;
}

/** How a registry is reached. */
export interface RegistryOptions {
  readonly userAgent: string;
  /** Of the mirror, if there is one. Asked when the registry wants credentials. @default there are none */
  readonly findCredentials?: FindOwnCredentials | undefined;
  /**
   * Allows plain http and any certificate, of this host and port only; plain http is always allowed for loopback
   * addresses. @default false
   */
  readonly isInsecure?: boolean;
  readonly mirror?: Mirror | undefined;
  /** Blobs are sent in pieces of so many bytes. @default in one, as long as the registry takes that */
  readonly chunkSize?: number | undefined;
  /** @default one without proxies and certificates of its own */
  readonly network?: Network;
  /** Those of the run, in which another registry may lead to the same host. @default of this registry alone */
  readonly gates?: Gates;
  /** Told of every request, before it is sent. */
  readonly onRequest?: ((kind: RequestKind) => void) | undefined;
  /** Told what the registry says about its limit. */
  readonly onPullLimit?: ((limit: PullLimit) => void) | undefined;
  /** Told of attempts that will be repeated, and of what is odd about the registry. */
  readonly onEvent?: EventSink | undefined;
  /** Told how every request ended that went over the network, those for tokens too. */
  readonly onExchange?: ExchangeSink | undefined;
}

/** A registry over the network, with connections that want closing. */
export interface OpenedRegistry extends Registry {
  /** What its catalog lists. @throws `UNSUPPORTED` if it has none; `UNAUTHORIZED`, `DENIED` */
  listRepositories(options: ListRepositoriesOptions): Promise<RepositoryList>;
  close(): Promise<void>;
}

/** Opens a registry by its name; nothing is sent before something is asked of a repository. */
export function openRegistry(name: string, options: RegistryOptions): OpenedRegistry {
  const { userAgent, isInsecure = false, mirror, chunkSize } = options;
  const { findCredentials = async () => undefined } = options;
  const { network = createNetwork(), onRequest, onPullLimit, onEvent, onExchange } = options;
  const { gates = createGates({ onEvent }) } = options;
  const host = mirror?.host ?? (name === "docker.io" ? DOCKER_HUB_HOST : name);
  // A mirror is logged in to by its own name, whatever the registry that it stands for.
  const account = mirror === undefined ? name : mirror.host;
  const warn = createWarner(onEvent);
  const opened = createTransport({
    host,
    account,
    findCredentials,
    isInsecure,
    userAgent,
    network,
    gates,
    onEvent,
    onExchange,
  });
  const transport = hearWarnings(mirror === undefined ? opened : nameMirror(opened, mirror), name, warn);
  const pathOf = (repository: string): string =>
    mirror === undefined || mirror.prefix === "" ? repository : `${mirror.prefix}/${repository}`;
  const memory: RegistryMemory = {
    referrerProbes: new Map(),
    referrerApis: new Map(),
    listChanges: new Map(),
    uploads: createUploadMemory(chunkSize),
  };
  const told = { asked: account, onRequest, onPullLimit, onEvent, warn };
  return {
    name,
    openRepository(repository): Repository {
      const path = pathOf(repository);
      const remote = { transport, registry: name, repository, path, pathOf, memory, ...told };
      return { ...createSource(remote), ...createTarget(remote) };
    },
    async listRepositories(options) {
      const list = await listCatalog({ transport, registry: name, onRequest, warn }, options);
      const path = pathOf("");
      const own = list.repositories.filter((repository) => repository.startsWith(path));
      return { ...list, repositories: own.map((repository) => repository.slice(path.length)) };
    },
    close: async () => await transport.close(),
  };
}

/** The same transport; what fails is told with the host that was asked, not only with the one that it stands for. */
function nameMirror(transport: Transport, { host }: Mirror): Transport {
  return {
    ...transport,
    send: async (call) => await transport.send({ ...call, what: `${call.what} from ${host}` }),
  };
}
