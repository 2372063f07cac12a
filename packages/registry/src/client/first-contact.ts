import { BundleError, isBundleError } from "@airgap-bundle/core";
import type { Call } from "./call.ts";
import type { Response } from "./response.ts";

/** Sends a request. */
export type Send = (call: Call) => Promise<Response>;

interface Unreachable {
  readonly error: BundleError;
  /** What stands behind "Cannot VERB OBJECT". */
  readonly reason: string;
}

/**
 * Lets all requests wait for the outcome of the first: it tells how to be authorised, and whether there is anybody. A
 * registry that could not be reached is not tried again for each of a thousand images.
 */
export function waitForFirstContact(send: Send): Send {
  let first: Promise<Unreachable | undefined> | undefined;
  return async (call) => {
    if (first === undefined) {
      const sent = send(call);
      first = sent.then(
        () => undefined,
        (error: unknown) => toUnreachable(error, call),
      );
      return await sent;
    }
    const unreachable = await first;
    if (unreachable !== undefined) throw restate(unreachable, call);
    return await send(call);
  };
}

function toUnreachable(error: unknown, { what }: Call): Unreachable | undefined {
  if (!isBundleError(error, "CONNECTION_FAILED") && !isBundleError(error, "TLS_FAILED")) return undefined;
  return { error, reason: error.message.replace(`Cannot ${what}: `, "") };
}

/** The same failure, of a request that was not even sent. */
function restate({ error, reason }: Unreachable, { what }: Call): BundleError {
  return new BundleError(error.code, `Cannot ${what}: ${reason}`, { hint: error.hint, cause: error });
}
