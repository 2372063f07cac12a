export type { FindOwnCredentials } from "./client/authorizer.ts";
export {
  type Mirror,
  type OpenedRegistry,
  openRegistry,
  type RegistryOptions,
} from "./client/open-registry.ts";
export {
  createRegistryPool,
  type RegistryPool,
  type RegistryPoolOptions,
  type RegistrySettings,
} from "./client/registry-pool.ts";
export type { RequestKind } from "./client/remote.ts";
export type { Credentials, FindCredentials } from "./credentials/credentials.ts";
export { type CredentialOptions, openCredentials } from "./credentials/find-credentials.ts";
export { describeMachine, type Machine } from "./credentials/machine.ts";
export type { Exchange, ExchangeSink } from "./network/exchange.ts";
export { formatRoute, isValidRoute, parseRoute, type Route } from "./routes.ts";
export { createRegistryHandler, type RegistryHandler } from "./server/handler.ts";
export type {
  Access,
  Action,
  BasicAuth,
  BearerAuth,
  Quirks,
  RateLimit,
  RequestLimit,
  SeenRequest,
  ServerAuth,
  ServerOptions,
  ServerUser,
} from "./server/options.ts";
export {
  type ServedRegistry,
  type ServeOptions,
  type ServerTls,
  serveRegistry,
} from "./server/serve-registry.ts";
export type { UploadQuirks } from "./server/upload-quirks.ts";
