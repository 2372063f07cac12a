import { type EventSink, retry } from "@airgap-bundle/core";
import { lineOf } from "./answer-error.ts";
import { createAuthorizedSend } from "./authorized-send.ts";
import { createAuthorizer, type FindOwnCredentials } from "./authorizer.ts";
import { type Call, isExpected } from "./call.ts";
import { type ConnectionOptions, createConnection } from "./connection.ts";
import { waitForFirstContact } from "./first-contact.ts";
import { toForeignError } from "./redirect.ts";
import { isOverloaded, type Response, toRegistryError } from "./response.ts";

/** How a registry is reached. */
export interface TransportOptions extends ConnectionOptions {
  /** Where one logs in, in messages. */
  readonly account: string;
  readonly findCredentials: FindOwnCredentials;
  readonly onEvent?: EventSink | undefined;
}

/** Requests to one registry. */
export interface Transport {
  /** `https://HOST[:PORT]`, or http where that is allowed and needed. */
  origin(): Promise<string>;
  /**
   * Sends a request, with what the registry wants to be authorised with. The body must be read or discarded.
   *
   * @throws what {@link toRegistryError} makes of an unexpected status; `CONNECTION_FAILED`, `TLS_FAILED`, `UNAUTHORIZED`,
   * `REGISTRY_FAILED`; the abort reason
   */
  send(call: Call): Promise<Response>;
  close(): Promise<void>;
}

/** Requests to this registry; nothing is sent yet. */
export function createTransport(options: TransportOptions): Transport {
  const { account, findCredentials, onEvent } = options;
  const connection = createConnection(options);
  const { dispatcher, origin, close } = connection;
  const authorizer = createAuthorizer({
    registry: account,
    findCredentials,
    dispatcher,
    findProxy: options.network.findProxy,
    userAgent: options.userAgent,
    onEvent,
    now: () => performance.now(),
  });
  const sendAuthorized = createAuthorizedSend({ registry: account, connection, authorizer });

  const sendChecked = async (call: Call): Promise<Response> => {
    const { response, origin: from, turn } = await sendAuthorized(call);
    if (isExpected(call, response.statusCode)) return response;
    const isForeign = from !== (await origin(call)) && call.url.startsWith("/");
    const error = isForeign
      ? await toForeignError(response, from, call.what)
      : await toRegistryError(response, call.what, lineOf(call, await origin(call)));
    // A signed URL that has expired says nothing of its host.
    throw isOverloaded(response) ? turn.fail(error, call.what) : error;
  };

  const sendRetried = async (call: Call): Promise<Response> => {
    const { attempts, signal } = call;
    return await retry(async () => await sendChecked(call), {
      ...(attempts === undefined ? {} : { attempts }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  };

  return {
    origin: async () => await origin({ what: `reach ${account}` }),
    send: waitForFirstContact(sendRetried),
    close,
  };
}
