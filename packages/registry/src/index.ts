export { formatRoute, isValidRoute, parseRoute, type Route } from "./routes.ts";
export { createRegistryHandler, type RegistryHandler } from "./server/handler.ts";
export type {
  Access,
  Action,
  BasicAuth,
  BearerAuth,
  Quirks,
  RateLimit,
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
