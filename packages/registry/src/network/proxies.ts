import { BlockList, isIP } from "node:net";
import { BundleError } from "@airgap-bundle/core";
import { bareHostname, isLoopbackAddress } from "./address.ts";
import { portOf } from "./connect.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy, as an environment variable names it. */
export interface ProxyServer {
  /** `http://HOST:PORT` or `https://HOST:PORT`, without credentials. */
  readonly origin: string;
  /** `HOST:PORT`, for messages. */
  readonly host: string;
  /** The variable that names it. */
  readonly variable: string;
  /** `Proxy-Authorization`, if the variable holds credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The proxy for requests to a URL; undefined to go straight there. */
export type FindProxy = (url: URL) => ProxyServer | undefined;

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in lower case before upper case as curl does. This
 * machine itself is never reached through a proxy.
 *
 * @throws `USAGE` for a proxy that cannot be used
 */
export function readProxies(environment: Environment): FindProxy {
  const exceptions = readVariable(environment, "no_proxy")?.value ?? "";
  if (exceptions === "*") return () => undefined;
  // Desktops set ALL_PROXY to a SOCKS proxy beside the two: where it does not count it may be anything.
  const readFor = (name: string): ProxyServer | undefined =>
    readProxy(environment, name) ?? readProxy(environment, "all_proxy");
  const proxies: Readonly<Record<string, ProxyServer | undefined>> = {
    "http:": readFor("http_proxy"),
    "https:": readFor("https_proxy"),
  };
  const isExcepted = readExceptions(exceptions);
  return (url) => {
    const proxy = proxies[url.protocol];
    return proxy === undefined || isThisMachine(url.hostname) || isExcepted(url) ? undefined : proxy;
  };
}

function isThisMachine(hostname: string): boolean {
  return /^(?:.*\.)?localhost\.?$/.test(hostname) || isLoopbackAddress(hostname);
}

function readVariable(
  environment: Environment,
  name: string,
): { readonly variable: string; readonly value: string } | undefined {
  for (const variable of [name, name.toUpperCase()]) {
    const value = environment[variable]?.trim();
    if (value !== undefined && value !== "") return { variable, value };
  }
  return undefined;
}

function readProxy(environment: Environment, name: string): ProxyServer | undefined {
  const found = readVariable(environment, name);
  if (found === undefined) return undefined;
  const { variable, value } = found;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  // The value may hold a password: it is not shown.
  if (url === null) throw unusable(variable, "its value is no URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw unusable(variable, `its scheme is ${JSON.stringify(url.protocol.slice(0, -1))}`);
  }
  const credentials = `${decode(url.username)}:${decode(url.password)}`;
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : url.port;
  return {
    origin: url.origin,
    host: `${url.hostname}:${port}`,
    variable,
    headers:
      credentials === ":"
        ? {}
        : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that stands for itself.
    return text;
  }
}

function unusable(variable: string, reason: string): BundleError {
  return new BundleError("USAGE", `Cannot use the proxy that ${variable} names: ${reason}`, {
    hint: `Set ${variable} to http://[USER:PASSWORD@]HOST:PORT`,
  });
}

type IsExcepted = (url: URL) => boolean;

/** `NO_PROXY`: names with all below them, addresses, networks such as 10.0.0.0/8, each with or without a port; or `*`. */
function readExceptions(text: string): IsExcepted {
  const exceptions = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(readException);
  return (url) => exceptions.some((isExcepted) => isExcepted(url));
}

function readException(entry: string): IsExcepted {
  if (entry === "*") return () => true;
  const [, inBrackets, plain, port = ""] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::([0-9]+))?$/.exec(entry) ?? [];
  const name = inBrackets ?? plain ?? entry;
  const isHost = isAddressOrNetwork(name) ? matchNetwork(name) : matchName(name);
  return (url) => (port === "" || port === portOf(url)) && isHost(bareHostname(url.hostname));
}

function isAddressOrNetwork(text: string): boolean {
  return isIP(text.replace(/\/[0-9]+$/, "")) !== 0;
}

function matchNetwork(text: string): (hostname: string) => boolean {
  const [address = "", length] = text.split("/");
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  const bits = family === "ipv4" ? 32 : 128;
  const list = new BlockList();
  list.addSubnet(address, Math.min(Number(length ?? bits), bits), family);
  return (hostname) => {
    const version = isIP(hostname);
    return version !== 0 && list.check(hostname, version === 4 ? "ipv4" : "ipv6");
  };
}

/** As curl: `x.org` and `.x.org` both mean x.org and everything below it. `*.x.org` is what people write for it. */
function matchName(text: string): (hostname: string) => boolean {
  const name = text.replace(/^\*?\./, "").replace(/\.$/, "");
  return (hostname) => {
    const bare = hostname.replace(/\.$/, "");
    return bare === name || bare.endsWith(`.${name}`);
  };
}
