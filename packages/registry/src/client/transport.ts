import { type EventSink, retry } from "@airgap-bundle/core";
import { createAuthorizedSend } from "./authorized-send.ts";
import { createAuthorizer, type FindOwnCredentials } from "./authorizer.ts";
import type { Call } from "./call.ts";
import { type ConnectionOptions, createConnection } from "./connection.ts";
import { waitForFirstContact } from "./first-contact.ts";
import { type Response, toRegistryError } from "./response.ts";

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
    onEvent,
    now: () => performance.now(),
  });
  const sendAuthorized = createAuthorizedSend({ registry: account, connection, authorizer });

  const sendChecked = async (call: Call): Promise<Response> => {
    const response = await sendAuthorized(call);
    if (call.expected.includes(response.statusCode)) return response;
    throw await toRegistryError(response, call.what);
  };

  const sendRetried = async (call: Call): Promise<Response> => {
    const { attempts, signal } = call;
    return await retry(async () => await sendChecked(call), {
      ...(attempts === undefined ? {} : { attempts }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  };

  return { origin, send: waitForFirstContact(sendRetried), close };
}
