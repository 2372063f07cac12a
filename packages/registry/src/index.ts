export { formatRoute, isValidRoute, parseRoute, type Route } from "./routes.ts";
