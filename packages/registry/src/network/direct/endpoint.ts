import type { LookupFunction } from "node:net";
import type { SecureContext } from "node:tls";

/** Where a connection goes, and how TLS is spoken there. */
export interface Endpoint {
  readonly tcp: { readonly host: string; readonly port: number; readonly lookup?: LookupFunction };
  /** Undefined for plain http. */
  readonly tls:
    | {
        readonly secureContext: SecureContext;
        readonly rejectUnauthorized: boolean;
        readonly servername: string;
        readonly ALPNProtocols: string[];
      }
    | undefined;
}
