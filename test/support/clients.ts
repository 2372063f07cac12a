import { afterEach, beforeEach } from "vitest";
import type { Repository } from "../../packages/core/src/index.ts";
import {
  type OpenedRegistry,
  openRegistry,
  type RegistryOptions,
} from "../../packages/registry/src/client/open-registry.ts";
import type { Credentials } from "../../packages/registry/src/credentials/credentials.ts";
import type { SeenRequest } from "../../packages/registry/src/server/options.ts";
import { type AnswerRequest, type RawServer, serveRaw } from "./raw-server.ts";

/** How a client of a test differs from a plain one. */
export interface ClientOptions extends Partial<RegistryOptions> {
  /** The user it logs in as, wherever that is wanted. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
}

/** Clients and servers of one test. */
export interface Clients {
  /** What servers that were told to use `onRequest` have seen in this test. */
  readonly seen: SeenRequest[];
  /** Closed after the test; what was opened last is closed first. */
  closeAfterTest<T extends { close(): Promise<void> }>(opened: T): T;
  open(name: string, options?: ClientOptions): OpenedRegistry;
  /** A server that answers as it is told. */
  serveOdd(answer: AnswerRequest): Promise<RawServer>;
  /** The repository `team/app` of such a server. */
  openOdd(
    answer: AnswerRequest,
    options?: Partial<RegistryOptions>,
  ): Promise<Repository & { readonly server: RawServer }>;
}

/** Clients and servers for the tests of a file: each test begins with none. */
export function useClients(): Clients {
  const opened: { close(): Promise<void> }[] = [];
  const seen: SeenRequest[] = [];
  const closeAfterTest = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  beforeEach(() => {
    seen.length = 0;
  });
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
  });
  const open: Clients["open"] = (name, { credentials, ...options } = {}) => {
    const known = credentials && ({ kind: "password", origin: "the test", ...credentials } as const);
    const findCredentials = async (): Promise<Credentials | undefined> => known;
    return closeAfterTest(openRegistry(name, { userAgent: "test/1", findCredentials, ...options }));
  };
  const serveOdd: Clients["serveOdd"] = async (answer) => closeAfterTest(await serveRaw(answer));
  return {
    seen,
    closeAfterTest,
    open,
    serveOdd,
    openOdd: async (answer, options) => {
      const server = await serveOdd(answer);
      return { ...open(server.host, options).openRepository("team/app"), server };
    },
  };
}
