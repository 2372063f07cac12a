import { getCACertificates, type SecureContextOptions } from "node:tls";
import { type AskProxy, createAskProxy } from "./ask-proxy.ts";
import { type HostCertificates, listCertsDirectories, readHostCertificates } from "./certificates.ts";
import { type FindProxy, readProxies } from "./proxies.ts";

/** What the machine and the operator say about the network. */
export interface NetworkOptions {
  /** For proxies and the home directory. @default none of them */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Directory with a folder of certificates per host; a relative path begins at the working directory. */
  readonly certsDir?: string | undefined;
  /**
   * Hosts, with their port if it is not the usual one, whose certificates are not checked and that a registry may lead
   * to whatever their address is. @default none
   */
  readonly insecureHosts?: readonly string[];
}

/** The network as all registries of a run see it. */
export interface Network {
  readonly findProxy: FindProxy;
  readonly askProxy: AskProxy;
  /** Where certificates for a host may lie, the most important first. */
  readonly certsDirectories: readonly string[];
  /** Whether the operator named this host and port with `insecureHosts`. */
  isInsecure(host: string): boolean;
  /** Whom a host may be vouched for by, and who we are to it. @throws `FILE_FAILED` */
  readTls(host: string, options: { readonly isVerified: boolean }): Promise<HostTls>;
}

/** How TLS is spoken with one host. */
export interface HostTls {
  readonly certificates: HostCertificates;
  readonly context: Pick<SecureContextOptions, "ca" | "cert" | "key"> & {
    readonly rejectUnauthorized: boolean;
  };
}

/** A network of which nothing has been read yet but the environment. @throws `USAGE` for a proxy that cannot be used */
export function createNetwork(options: NetworkOptions = {}): Network {
  const { environment = {}, certsDir, insecureHosts = [] } = options;
  const certsDirectories = listCertsDirectories(certsDir, environment["HOME"] ?? environment["USERPROFILE"]);
  const insecure = new Set(insecureHosts.map(normalizeHost));
  let trusted: readonly string[] | undefined;

  return {
    findProxy: readProxies(environment),
    askProxy: createAskProxy(),
    certsDirectories,
    isInsecure: (host) => insecure.has(normalizeHost(host)),
    async readTls(host, { isVerified }) {
      const certificates = await readHostCertificates(host, certsDirectories);
      const { authorities, clients } = certificates;
      // Reading them takes a while: only who needs them waits for it.
      if (isVerified) trusted ??= readTrusted();
      return {
        certificates,
        context: {
          rejectUnauthorized: isVerified,
          ...(isVerified ? { ca: [...(trusted ?? []), ...authorities] } : {}),
          ...(clients.length === 0
            ? {}
            : {
                cert: clients.map(({ certificate }) => certificate),
                key: clients.map(({ key }) => key),
              }),
        },
      };
    },
  };
}

/** A host as URLs have it: in lower case, without the port of https. */
function normalizeHost(host: string): string {
  return URL.parse(`https://${host}`)?.host ?? host;
}

/**
 * node's own list with `NODE_EXTRA_CA_CERTS`, and the system's; the latter is where `SSL_CERT_FILE` and `SSL_CERT_DIR`
 * say, if they are set.
 */
function readTrusted(): readonly string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}
