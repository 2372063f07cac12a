import type { Dispatcher } from "undici";
import type { ExchangeSink } from "./exchange.ts";
import { describeFault, faultCode, type Place } from "./faults.ts";
import { NetworkError } from "./network-error.ts";
import { passOn } from "./pass-on.ts";
import type { ProxyServer } from "./proxies.ts";
import { describeProxyFault, describeProxyStatus, isProxyRefusal } from "./proxy-fault.ts";

/** A request that is looked at. */
export interface Observed {
  readonly request: Dispatcher.DispatchOptions;
  readonly url: URL;
  readonly proxy: ProxyServer | undefined;
  readonly placeOf: (url: URL) => Place;
  readonly onExchange: ExchangeSink | undefined;
}

/** Passes everything on to a handler, errors in words, and tells once how the request ended. */
export function observe(handler: Dispatcher.DispatchHandler, observed: Observed): Dispatcher.DispatchHandler {
  const { url, proxy, placeOf } = observed;
  const report = createReport(observed);
  const next = passOn(handler);
  // With TLS what answers is behind the proxy, in a tunnel that is there.
  const forwardedBy = url.protocol === "http:" ? proxy : undefined;
  let isConnected = false;

  const describe = (error: Error): Error => {
    if (forwardedBy !== undefined && !isConnected) return describeProxyFault(forwardedBy, error);
    const described = describeFault(error, placeOf(url));
    return described instanceof Error ? described : error;
  };

  return {
    ...next,
    onRequestStart(controller, context: unknown) {
      isConnected = true;
      next.onRequestStart(controller, context);
    },
    onResponseStart(controller, status, headers, message) {
      if (forwardedBy !== undefined && isProxyRefusal(forwardedBy, { status, headers })) {
        return controller.abort(describeProxyStatus(forwardedBy, status, url.host));
      }
      if (status >= 200) report({ status });
      next.onResponseStart(controller, status, headers, message);
    },
    onResponseError(controller, error) {
      report({ error: nameFault(error) });
      next.onResponseError(controller, describe(error));
    },
  };
}

/** How a request ended. */
export type Ending = { readonly status: number } | { readonly error: string };

/** Tells of a request, once. */
export function createReport({
  request,
  url,
  proxy,
  onExchange,
}: Pick<Observed, "url" | "proxy" | "onExchange"> & {
  readonly request: { readonly method: string; readonly path: string };
}): (ending: Ending) => void {
  const startedAt = performance.now();
  const [path = ""] = request.path.split(/[?#]/, 1);
  let isTold = false;
  return (ending) => {
    if (isTold) return;
    isTold = true;
    onExchange?.({
      method: request.method,
      url: `${url.origin}${path}`,
      ...ending,
      durationMs: Math.round(performance.now() - startedAt),
      ...(proxy === undefined ? {} : { via: proxy.host }),
    });
  };
}

/** A code for logs. */
export function nameFault(error: unknown): string {
  const code = faultCode(error);
  if (code !== "") return code;
  if (error instanceof NetworkError) return error.code;
  return error instanceof Error ? error.name : String(error);
}
