/** One request that went over the network, for logs: without its query and its headers, which may be secret. */
export interface Exchange {
  /** `CONNECT` where no more than a connection was tried. */
  readonly method: string;
  /** Scheme, host and path. */
  readonly url: string;
  /** Of the answer; absent if none came. */
  readonly status?: number;
  /** Why none came: a code of the system, of TLS or of undici. */
  readonly error?: string;
  /** Until the answer began, or failed. */
  readonly durationMs: number;
  /** `HOST:PORT` of the proxy that it went through. */
  readonly via?: string;
}

/** Takes exchanges; must return at once. */
export type ExchangeSink = (exchange: Exchange) => void;
