import { type EventSink, retry } from "@airgap-bundle/core";
import type { Credentials } from "../credentials/credentials.ts";
import type { RequestLine } from "./answer-error.ts";
import { createAuthorizer } from "./authorizer.ts";
import type { Call } from "./call.ts";
import { type ConnectionOptions, createConnection, type LocatedResponse } from "./connection.ts";
import { waitForFirstContact } from "./first-contact.ts";
import { toForeignError } from "./redirect.ts";
import { discard, type Response, toRegistryError } from "./response.ts";

/** How a registry is reached. */
export interface TransportOptions extends ConnectionOptions {
  /** Where one logs in, in messages. */
  readonly account: string;
  readonly credentials?: Credentials | undefined;
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
  const { account, credentials, onEvent } = options;
  const connection = createConnection(options);
  const { dispatcher, origin, close } = connection;
  const authorizer = createAuthorizer({
    registry: account,
    credentials,
    dispatcher,
    now: () => performance.now(),
  });

  /** A 401 is answered once, and only if it comes from the registry itself. */
  const sendAuthorized = async (call: Call): Promise<LocatedResponse> => {
    const own = await origin(call);
    const isOwn = new URL(call.url, own).origin === own;
    const authorization = isOwn ? await authorizer.authorize(call.scopes, own, call.signal) : undefined;
    const first = await connection.request(call, authorization);
    if (first.response.statusCode !== 401 || first.origin !== own) return first;
    await discard(first.response);
    authorizer.learn(first.response.headers["www-authenticate"], authorization);
    const renewed = await authorizer.authorize(call.scopes, own, call.signal);
    const second = await connection.request(call, renewed);
    // Basic credentials cannot get better; what a token lacks the registry says itself.
    const isRefused = second.response.statusCode === 401 && second.origin === own;
    if (isRefused && renewed?.startsWith("Basic ") === true) {
      await discard(second.response);
      authorizer.learn(second.response.headers["www-authenticate"], renewed);
    }
    return second;
  };

  const lineOf = async (call: Call): Promise<RequestLine> => {
    const { method, url } = call;
    const { origin: host, pathname } = new URL(url, await origin(call));
    return { method, url: `${host}${pathname}` };
  };

  const sendChecked = async (call: Call): Promise<Response> => {
    const { response, origin: from } = await sendAuthorized(call);
    if (call.expected.includes(response.statusCode)) return response;
    if (from !== (await origin(call)) && call.url.startsWith("/"))
      throw await toForeignError(response, from, call.what);
    throw await toRegistryError(response, call.what, await lineOf(call));
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
