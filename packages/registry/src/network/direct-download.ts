import type { Connector } from "./connector.ts";
import { createDownloader, type DownloadRequest, type DownloadResponse } from "./download/download.ts";
import type { ExchangeSink } from "./exchange.ts";
import { describeFault, type Place } from "./faults.ts";
import type { Network } from "./network.ts";
import { createReport, nameFault } from "./observe.ts";

/** What downloads go through. */
export interface DirectDownloadOptions {
  readonly connector: Connector;
  readonly network: Pick<Network, "findProxy">;
  readonly placeOf: (url: URL) => Place;
  readonly onExchange: ExchangeSink | undefined;
}

/** Gets large bodies from hosts that are reached without a proxy. */
export interface DirectDownload {
  /** Undefined if a proxy is on the way. @throws a NetworkError for what fails, as the answer's body does; the abort reason */
  download(request: DownloadRequest): Promise<DownloadResponse | undefined>;
  close(): void;
}

/** Downloads over connections of their own: no address that a registry may not lead to, and faults in words. */
export function createDirectDownload(options: DirectDownloadOptions): DirectDownload {
  const { connector, network, placeOf, onExchange } = options;
  const downloader = createDownloader({ endpointOf: connector.endpointOf });

  const describe = (error: unknown, { url, signal }: DownloadRequest): unknown => {
    signal?.throwIfAborted();
    return describeFault(error, placeOf(url));
  };

  async function* describing(
    body: AsyncIterable<Uint8Array>,
    request: DownloadRequest,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw describe(error, request);
    }
  }

  return {
    async download(request) {
      const { url } = request;
      connector.check(url);
      if (network.findProxy(url) !== undefined) return undefined;
      const asked = { method: "GET", path: `${url.pathname}${url.search}` } as const;
      const report = createReport({ request: asked, url, proxy: undefined, onExchange });
      try {
        const response = await downloader.download(request);
        report({ status: response.statusCode });
        const body = describing(response.body, request);
        return { ...response, body: Object.assign(body, { dump: response.body.dump }) };
      } catch (error) {
        report({ error: nameFault(error) });
        throw describe(error, request);
      }
    },
    close: downloader.close,
  };
}
