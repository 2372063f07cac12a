import { createMemoryStore, type Repository } from "../../packages/core/src/index.ts";
import type { FindOwnCredentials } from "../../packages/registry/src/client/authorizer.ts";
import type { OpenedRegistry } from "../../packages/registry/src/client/open-registry.ts";
import type { Credentials } from "../../packages/registry/src/credentials/credentials.ts";
import type { BearerAuth, ServerOptions } from "../../packages/registry/src/server/options.ts";
import { serveRegistry } from "../../packages/registry/src/server/serve-registry.ts";
import { type Clients, useClients } from "./clients.ts";
import { makeImage, putManifest } from "./images.ts";
import type { RawAnswer, RawRequest, RawServer } from "./raw-server.ts";

/** Who may log in. */
export const USER = { username: "ada", password: "secret" };
/** What lets in. */
export const PASSWORD = { kind: "password", origin: "the test", ...USER } as const;
/** What does not. */
export const WRONG = { ...PASSWORD, password: "guess" };
/** What registries hold in `team/app` and `team/base`. */
const IMAGE = makeImage(["layer"]);

/** What a server answers that is no sound registry. */
export interface OddLogin {
  /** Headers of its 401. */
  readonly challenge: (request: RawRequest) => Readonly<Record<string, string | readonly string[]>>;
  /** Does this `Authorization` let in? @default none does */
  readonly isAllowed?: (authorization: string) => boolean;
  /** Of `/token`. @default the token `t` */
  readonly answerToken?: (request: RawRequest) => RawAnswer;
}

/** Registries that want a login, and clients of them. */
export interface Logins extends Clients {
  serve(options: ServerOptions, credentials?: Credentials | FindOwnCredentials): Promise<OpenedRegistry>;
  serveBearer(
    options: Partial<BearerAuth>,
    credentials?: Credentials | FindOwnCredentials,
  ): Promise<OpenedRegistry>;
  serveOddly(odd: OddLogin): Promise<RawServer>;
  /** `METHOD PATH STATUS` of what the registries have seen; `…` is what belongs to a repository. */
  steps(): readonly string[];
}

/** Reads the image's manifest; fails if that is not what comes. */
export async function readImage(repository: Repository): Promise<void> {
  await repository.readManifest(IMAGE.descriptor);
}

/** Logins for the tests of a file: each test begins with none. */
export function useLogins(): Logins {
  const clients = useClients();
  const { closeAfterTest, open, seen, serveOdd } = clients;
  const serve: Logins["serve"] = async (options, credentials) => {
    const store = createMemoryStore();
    for (const name of ["team/app", "team/base"]) await putManifest(store.openRepository(name), IMAGE, "7");
    const served = await serveRegistry(store, { ...options, onRequest: (request) => seen.push(request) });
    closeAfterTest(served);
    const findCredentials = typeof credentials === "function" ? credentials : async () => credentials;
    return open(served.host, { findCredentials });
  };
  return {
    ...clients,
    serve,
    serveBearer: async (options, credentials) =>
      await serve({ auth: { kind: "bearer", ...USER, ...options } }, credentials),
    serveOddly: async ({ challenge, isAllowed, answerToken }) =>
      await serveOdd((request) => {
        if (request.url.startsWith("/token")) return answerToken?.(request) ?? { body: `{"token":"t"}` };
        if (isAllowed?.(request.headers.authorization ?? "") !== true)
          return { status: 401, headers: challenge(request) };
        return { headers: { "content-type": IMAGE.descriptor.mediaType }, body: IMAGE.content };
      }),
    steps: () =>
      seen.map(({ method, path, status }) => {
        const [place = ""] = path.split("?", 1);
        return `${method} ${place.replace(/^\/v2\/.+/, "…")} ${status}`;
      }),
  };
}
