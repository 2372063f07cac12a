import { readAll } from "@airgap-bundle/core";
import { type Dispatcher, request } from "undici";
import type { NetworkDispatcher } from "../network/dispatcher.ts";
import { describeClientDemand, describeTlsDemand } from "../network/tls-fault.ts";
import { discard, type Response } from "./response.ts";

const MAX_PAGE_SIZE = 64 * 1024;
const TIMEOUT_MS = 30_000;

/** nginx shakes hands with everybody, and answers every request of a client that it does not know with one of these. */
const WANTS_CLIENT = /No required SSL certificate was sent|The SSL certificate error/;
/** nginx, and servers written in Go. */
const WANTS_TLS = /plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server/;

/** What a check sends its question with. */
export interface FrontCheckOptions {
  readonly dispatcher: Dispatcher;
  readonly placeOf: NetworkDispatcher["placeOf"];
}

/** @throws NetworkError if not the registry is what answers, but a server in front of it that wants something else */
export type CheckFront = (response: Response, url: URL, signal: AbortSignal | undefined) => Promise<void>;

/**
 * Looks behind a 400 that is a host's first answer: its page tells what a server in front wants, but HEAD has no page.
 * So one more question is sent.
 */
export function createFrontCheck({ dispatcher, placeOf }: FrontCheckOptions): CheckFront {
  const cleared = new Set<string>();
  return async (response, url, signal) => {
    if (response.statusCode !== 400) cleared.add(url.origin);
    if (cleared.has(url.origin)) return;
    const page = await readPage(new URL("/v2/", url), dispatcher, signal);
    if (WANTS_CLIENT.test(page)) {
      await discard(response);
      throw describeClientDemand(placeOf(url));
    }
    if (WANTS_TLS.test(page)) {
      await discard(response);
      throw describeTlsDemand(placeOf(url));
    }
    cleared.add(url.origin);
  };
}

/** Empty where there is no page to be had: then the 400 has to say it all. */
async function readPage(url: URL, dispatcher: Dispatcher, signal: AbortSignal | undefined): Promise<string> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const { body } = await request(url, {
      dispatcher,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return new TextDecoder().decode(await readAll(body, MAX_PAGE_SIZE));
  } catch {
    signal?.throwIfAborted();
    return "";
  }
}
