import type { IncomingMessage } from "node:http";
import type { Store } from "@airgap-bundle/core";
import type { Route } from "../routes.ts";
import type { Quirks } from "./options.ts";

/** One request as the endpoints see it. */
export interface Call<R extends Route = Route> {
  readonly route: R;
  readonly method: string;
  readonly store: Store;
  readonly quirks: Quirks;
  /** May whoever may write to one repository read all the others? */
  readonly isOpenToAll: boolean;
  /** Aborted when the client has gone away. */
  readonly signal: AbortSignal;
  /** The first value of a header, by its lower-case name. */
  header(name: string): string | undefined;
  /** The request's body; once only. */
  readBody(): AsyncIterable<Uint8Array>;
}

/** The route of one kind. */
export type RouteOf<K extends Route["kind"]> = Extract<Route, { kind: K }>;

/** What a handler works with beside the request. */
export interface CallContext {
  readonly store: Store;
  readonly quirks: Quirks;
  readonly isOpenToAll: boolean;
  readonly signal: AbortSignal;
}

/** A request of node's as a {@link Call}. */
export function createCall(request: IncomingMessage, route: Route, context: CallContext): Call {
  return {
    ...context,
    route,
    method: request.method ?? "GET",
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    // Leaving the loop early must not cut the connection: the answer still has to be sent over it.
    readBody: () => request.iterator({ destroyOnReturn: false }),
  };
}

/** The length that the body was announced with; undefined if it was not. */
export function bodyLength(call: Call): number | undefined {
  const length = call.header("content-length");
  return length === undefined ? undefined : Number(length);
}
