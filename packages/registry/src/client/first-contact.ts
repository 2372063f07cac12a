import { BundleError, isBundleError } from "@airgap-bundle/core";
import type { Call } from "./call.ts";
import type { Response } from "./response.ts";

/** Sends a request. */
export type Send = (call: Call) => Promise<Response>;

/**
 * Lets all requests wait for the outcome of the first: it tells how to be authorised, and whether there is anybody. A
 * registry that could not be reached is not tried again for each of a thousand images.
 */
export function waitForFirstContact(send: Send): Send {
  let first: Promise<((call: Call) => BundleError) | undefined> | undefined;
  return async (call) => {
    if (first === undefined) {
      const sent = send(call);
      first = sent.then(
        () => undefined,
        (error: unknown) => restate(error, call),
      );
      return await sent;
    }
    const unreachable = await first;
    if (unreachable !== undefined) throw unreachable(call);
    return await send(call);
  };
}

/**
 * What makes the same failure for a request that was not even sent; undefined if somebody was reached. If it was the token
 * server that was not, it stays as it is.
 */
function restate(error: unknown, first: Call): ((call: Call) => BundleError) | undefined {
  if (!isBundleError(error, "CONNECTION_FAILED") && !isBundleError(error, "TLS_FAILED")) return undefined;
  // Whoever redirects was reached.
  if (error.isElsewhere === true) return undefined;
  const start = `Cannot ${first.what}: `;
  if (!error.message.startsWith(start)) return () => error;
  const reason = error.message.slice(start.length);
  return ({ what }) =>
    new BundleError(error.code, `Cannot ${what}: ${reason}`, { hint: error.hint, cause: error });
}
