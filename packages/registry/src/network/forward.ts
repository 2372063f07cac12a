import type { Dispatcher } from "undici";
import type { AskProxy } from "./ask-proxy.ts";
import { failEarly } from "./end-early.ts";
import { type Observed, observe } from "./observe.ts";
import { passOn } from "./pass-on.ts";
import type { ProxyServer } from "./proxies.ts";

/** A request without TLS, and the proxy that it goes to. */
export interface Forwarded extends Observed {
  readonly proxy: ProxyServer;
}

/** Has a proxy forward a request. */
export type Forward = (forwarded: Forwarded, handler: Dispatcher.DispatchHandler) => void;

/**
 * Forwards requests without TLS: many proxies open tunnels to the port of https only. A proxy that has refused our
 * password is not asked.
 */
export function createForward(toProxies: Dispatcher, askProxy: AskProxy): Forward {
  return (forwarded, handler) => {
    const send = async (): Promise<void> =>
      await new Promise((resolve, reject) => {
        const settled = settleWithAnswer(handler, { resolve, reject });
        toProxies.dispatch(toProxied(forwarded), observe(settled, forwarded));
      });
    askProxy(forwarded.proxy, send).catch((error: unknown) => failEarly(handler, error));
  };
}

interface Settlement {
  resolve(): void;
  reject(error: unknown): void;
}

/** Passes on what comes from the beginning of the answer on. What fails before is left to who waits for it. */
function settleWithAnswer(
  handler: Dispatcher.DispatchHandler,
  { resolve, reject }: Settlement,
): Dispatcher.DispatchHandler {
  const next = passOn(handler);
  let isAnswered = false;
  return {
    ...next,
    onResponseStart(controller, status, headers, message) {
      if (status >= 200) {
        isAnswered = true;
        resolve();
      }
      next.onResponseStart(controller, status, headers, message);
    },
    onResponseError(controller, error) {
      if (isAnswered) next.onResponseError(controller, error);
      else reject(error);
    },
  };
}

/** As a proxy takes it, with the whole URL: {@link https://www.rfc-editor.org/rfc/rfc9112#absolute-form}. */
function toProxied({ request, url, proxy }: Forwarded): Dispatcher.DispatchOptions {
  return {
    ...request,
    origin: proxy.origin,
    path: `${url.origin}${request.path}`,
    headers: { ...toRecord(request.headers), ...proxy.headers, host: url.host },
  };
}

/** Requests of this package have their headers in a plain object. */
function toRecord(
  headers: Dispatcher.DispatchOptions["headers"],
): Record<string, string | string[] | undefined> {
  if (headers === null || headers === undefined) return {};
  if (Array.isArray(headers) || Symbol.iterator in headers)
    throw new TypeError("Cannot forward these headers");
  return headers as Record<string, string | string[] | undefined>;
}
