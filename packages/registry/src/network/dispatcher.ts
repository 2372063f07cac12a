import { Agent, type Dispatcher } from "undici";
import { type Connector, createConnector, createProxyConnector } from "./connector.ts";
import { MAX_HEAD_SIZE } from "./direct/receive-response.ts";
import { createDirectRequests, type DirectRequests } from "./direct-requests.ts";
import { endEarly, signalOf } from "./end-early.ts";
import type { ExchangeSink } from "./exchange.ts";
import type { Place } from "./faults.ts";
import { createForward } from "./forward.ts";
import { createKeptEndings } from "./kept-endings.ts";
import type { Network } from "./network.ts";
import { observe } from "./observe.ts";
import { requireRate } from "./require-rate.ts";

/** Nothing at all from the other side for so long means that the connection is dead, however slow it is. */
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;

const AGENT_OPTIONS = {
  allowH2: false,
  bodyTimeout: IDLE_TIMEOUT_MS,
  headersTimeout: IDLE_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEAD_SIZE,
} satisfies Agent.Options;

/** Which registry requests are for, and what they go through. */
export interface DispatcherOptions {
  /** HOST[:PORT]. */
  readonly host: string;
  /** Whether the certificate of that host and port goes unchecked. */
  readonly isInsecure: boolean;
  readonly network: Network;
  readonly onExchange?: ExchangeSink | undefined;
}

/** Sends requests to a registry and to the hosts that it names. */
export interface NetworkDispatcher {
  /**
   * For undici. What fails on the way is a NetworkError: proxies, TLS, and addresses that no registry may lead to are
   * dealt with here.
   */
  readonly dispatcher: Dispatcher;
  /** For large bodies. */
  readonly sendDirect: DirectRequests["send"];
  readonly openSocket: Connector["openSocket"];
  /** What is known of a place, for words about what failed there. */
  placeOf(url: URL): Place;
  /** Did a request fail with this on a connection that had been kept after an earlier answer? */
  wasKept(error: unknown): boolean;
  close(): Promise<void>;
}

/** A dispatcher that has opened no connection yet. */
export function createDispatcher(options: DispatcherOptions): NetworkDispatcher {
  const { host, isInsecure, network, onExchange } = options;
  const closing = new AbortController();
  const keptEndings = createKeptEndings();
  const connecting = { network, watch: keptEndings.watch, closing: closing.signal };
  const toProxies = new Agent({ ...AGENT_OPTIONS, connect: createProxyConnector(connecting) });
  const connector = createConnector({ ...connecting, host, isInsecure, toProxies });
  const forward = createForward(toProxies, network.askProxy);
  const toHosts = new Agent({ ...AGENT_OPTIONS, connect: connector.connect });

  const placeOf = (url: URL): Place => {
    const proxy = network.findProxy(url);
    return {
      host: url.host,
      isTls: url.protocol === "https:",
      certsDirectories: network.certsDirectories,
      hasClientCertificate: (connector.tlsOf(url.host)?.certificates.clients.length ?? 0) > 0,
      ...(proxy === undefined ? {} : { via: `the proxy ${proxy.host}` }),
    };
  };

  const direct = createDirectRequests({
    connector,
    network,
    placeOf,
    onExchange,
    onKeptEnding: keptEndings.add,
  });

  const dispatcher = toHosts.compose((dispatch) => (request, handler) => {
    const url = new URL(String(request.origin));
    connector.check(url);
    const proxy = network.findProxy(url);
    const signal = signalOf(request);
    signal?.throwIfAborted();
    const observed = { request, url, proxy, placeOf, onExchange };
    const ending = endEarly(requireRate(handler), signal);
    if (proxy === undefined || url.protocol === "https:") return dispatch(request, observe(ending, observed));
    forward({ ...observed, proxy }, ending);
    return true;
  });

  return {
    dispatcher,
    sendDirect: direct.send,
    openSocket: connector.openSocket,
    placeOf,
    wasKept: keptEndings.has,
    close: async () => {
      // Whoever was stopped does not wait for connections that may never come about.
      direct.close();
      await Promise.all([toHosts.destroy(), toProxies.destroy()]);
      closing.abort();
    },
  };
}
