import type { IncomingHttpHeaders } from "node:http";
import { isBundleError } from "@airgap-bundle/core";
import { describeFault, type Place } from "./faults.ts";
import { NetworkError } from "./network-error.ts";
import type { ProxyServer } from "./proxies.ts";

/** Why a proxy was not reached, without its credentials; an error of ours stays what it is. */
export function describeProxyFault(proxy: ProxyServer, error: unknown): Error {
  if (isBundleError(error)) return error;
  const place: Place = { host: proxy.host };
  const described = describeFault(error, place);
  const reason = described instanceof Error ? described.message : String(described);
  const code = described instanceof NetworkError ? described.code : "CONNECTION_FAILED";
  return new NetworkError(code, `the proxy ${proxy.host} cannot be used: ${reason}`, {
    hint: `Check ${proxy.variable}; hosts that need no proxy belong into NO_PROXY`,
    cause: error,
  });
}

/** The head of an answer. */
interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<IncomingHttpHeaders>;
}

/**
 * Does a proxy want another password, or is it the host to which it forwards a request that answers? tinyproxy 1.11
 * answers 407 to no password and 401 to a wrong one: {@link https://github.com/tinyproxy/tinyproxy/blob/1.11.1/src/reqs.c}.
 */
export function isProxyRefusal(proxy: ProxyServer, { status, headers }: AnswerHead): boolean {
  if (status === 407) return true;
  return status === 401 && proxy.headers["proxy-authorization"] !== undefined && isTinyproxy(headers);
}

function isTinyproxy({ server, "www-authenticate": challenge }: AnswerHead["headers"]): boolean {
  return /^tinyproxy\b/i.test(String(server)) || /^Basic realm="?Tinyproxy\b/i.test(String(challenge));
}

/** Why a proxy opened no tunnel, by the status that it answered. */
export function describeProxyStatus(proxy: ProxyServer, status: number, target: string): NetworkError {
  const { host, variable, headers } = proxy;
  if (status === 407 || status === 401) {
    const isKnown = headers["proxy-authorization"] !== undefined;
    return new NetworkError(
      "UNAUTHORIZED",
      `the proxy ${host} ${isKnown ? "refuses this user name and password" : "wants a user name and a password"} (${status})`,
      { hint: `Set ${variable} to http://USER:PASSWORD@${host}, with %40 for @ and %3A for : in them` },
    );
  }
  if (status === 403) {
    return new NetworkError("DENIED", `the proxy ${host} does not allow connections to ${target} (403)`, {
      hint: `Ask who runs the proxy to allow ${target}, or put the host into NO_PROXY if it can be reached without`,
    });
  }
  return new NetworkError(
    "CONNECTION_FAILED",
    `the proxy ${host} has no connection to ${target} (${status})`,
    { hint: reachHint(target) },
  );
}

/** Why a proxy that was reached opened no tunnel in time: it, or what is behind it, says nothing. */
export function describeProxyTimeout(
  { host }: ProxyServer,
  { target, timeoutMs }: { readonly target: string; readonly timeoutMs: number },
): NetworkError {
  const reason = `the proxy ${host} opens no connection to ${target} within ${timeoutMs / 1000} seconds`;
  return new NetworkError("CONNECTION_FAILED", reason, { hint: reachHint(target) });
}

function reachHint(target: string): string {
  return `Check that the proxy can resolve and reach ${target}; hosts that need no proxy belong into NO_PROXY`;
}
