import type { Connector } from "./connector.ts";
import { createDirectClient, type DirectRequest, type DirectResponse } from "./direct/direct-client.ts";
import type { ExchangeSink } from "./exchange.ts";
import { describeFault, type Place } from "./faults.ts";
import type { Network } from "./network.ts";
import { createReport, nameFault } from "./observe.ts";

/** What large bodies go through. */
export interface DirectRequestsOptions {
  readonly connector: Connector;
  readonly network: Pick<Network, "findProxy">;
  readonly placeOf: (url: URL) => Place;
  readonly onExchange: ExchangeSink | undefined;
  /** Told first of what a request fails with before its answer on a connection that was kept. */
  readonly onKeptEnding: (error: Error) => void;
}

/** Large bodies from and to hosts that are reached without a proxy. */
export interface DirectRequests {
  /**
   * Undefined if a proxy is on the way, in which case nothing of the body has been read.
   *
   * @throws a NetworkError for what fails, as the answer's body does; what the request's body fails with; the abort reason
   */
  send(request: DirectRequest): Promise<DirectResponse | undefined>;
  close(): void;
}

/** Large bodies over connections of their own: no address that a registry may not lead to, and faults in words. */
export function createDirectRequests(options: DirectRequestsOptions): DirectRequests {
  const { connector, network, placeOf, onExchange, onKeptEnding } = options;
  const client = createDirectClient({ endpointOf: connector.endpointOf, onKeptEnding });

  const describe = (error: unknown, { url, signal }: DirectRequest): unknown => {
    signal?.throwIfAborted();
    return describeFault(error, placeOf(url));
  };

  async function* describing(
    body: AsyncIterable<Uint8Array>,
    request: DirectRequest,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw describe(error, request);
    }
  }

  return {
    async send(request) {
      const { method, url } = request;
      connector.check(url);
      if (network.findProxy(url) !== undefined) return undefined;
      const asked = { method, path: `${url.pathname}${url.search}` };
      const report = createReport({ request: asked, url, proxy: undefined, onExchange });
      try {
        const response = await client.send(request);
        report({ status: response.statusCode });
        const body = describing(response.body, request);
        return { ...response, body: Object.assign(body, { dump: response.body.dump }) };
      } catch (error) {
        report({ error: nameFault(error) });
        throw describe(error, request);
      }
    },
    close: client.close,
  };
}
