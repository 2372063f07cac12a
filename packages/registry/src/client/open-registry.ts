import type { EventSink, PullLimit, Registry, Repository } from "@airgap-bundle/core";
import type { Credentials } from "../credentials/credentials.ts";
import type { RegistryMemory, RequestKind } from "./remote.ts";
import { createSource } from "./source.ts";
import { createTarget } from "./target.ts";
import { createTransport } from "./transport.ts";

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
  /** Whose they are: the mirror's, if there is one. @default anonymous */
  readonly credentials?: Credentials | undefined;
  /** Allows plain http and any certificate; plain http is always allowed for loopback addresses. @default false */
  readonly isInsecure?: boolean;
  readonly mirror?: Mirror | undefined;
  /** Told of every request, before it is sent. */
  readonly onRequest?: ((kind: RequestKind) => void) | undefined;
  /** Told what the registry says about its limit. */
  readonly onPullLimit?: ((limit: PullLimit) => void) | undefined;
  /** Told of attempts that will be repeated. */
  readonly onEvent?: EventSink | undefined;
}

/** A registry over the network, with connections that want closing. */
export interface OpenedRegistry extends Registry {
  close(): Promise<void>;
}

/** Opens a registry by its name; nothing is sent before something is asked of a repository. */
export function openRegistry(name: string, options: RegistryOptions): OpenedRegistry {
  const { userAgent, credentials, isInsecure = false, mirror, onRequest, onPullLimit, onEvent } = options;
  const host = mirror?.host ?? (name === "docker.io" ? DOCKER_HUB_HOST : name);
  // A mirror is logged in to by its own name, whatever the registry that it stands for.
  const account = mirror === undefined ? name : mirror.host;
  const transport = createTransport({ host, account, credentials, isInsecure, userAgent, onEvent });
  const pathOf = (repository: string): string =>
    mirror === undefined || mirror.prefix === "" ? repository : `${mirror.prefix}/${repository}`;
  const memory: RegistryMemory = { referrerProbes: new Map(), listChanges: new Map() };
  const told = { onRequest, onPullLimit, onEvent };
  return {
    name,
    openRepository(repository): Repository {
      const path = pathOf(repository);
      const remote = { transport, registry: name, repository, path, pathOf, memory, ...told };
      return { ...createSource(remote), ...createTarget(remote) };
    },
    close: async () => await transport.close(),
  };
}
