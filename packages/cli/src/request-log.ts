import type { EventSink } from "@airgap-bundle/core";
import { BundleError } from "@airgap-bundle/core/basics";

/** A request to a registry, to its token server or to where it redirects, and how it ended. */
export interface LoggedRequest {
  readonly method: string;
  /** Without its query, which may be signed. */
  readonly url: string;
  /** Absent if there was no answer. */
  readonly status?: number;
  /** What it failed with. */
  readonly error?: string;
  readonly durationMs: number;
  /** The proxy that it went through. */
  readonly via?: string;
}

/** Takes every request. */
export type RequestLog = (request: LoggedRequest) => void;

/**
 * What `BUNDLE_LOG=debug` asks for: each request as a `log` event. Headers, bodies and queries are never in it, so
 * neither is a secret. Undefined if the variable is not set.
 *
 * @throws `USAGE` for another value
 */
export function openRequestLog(
  environment: Readonly<Record<string, string | undefined>>,
  onEvent: EventSink,
): RequestLog | undefined {
  const level = environment["BUNDLE_LOG"] ?? "";
  if (level === "") return undefined;
  if (level !== "debug") {
    throw new BundleError("USAGE", `Cannot use BUNDLE_LOG ${JSON.stringify(level)}: it is not debug`, {
      hint: "Set BUNDLE_LOG=debug to see every request, or leave it unset",
    });
  }
  return (request) => onEvent({ kind: "log", message: formatRequest(request) });
}

function formatRequest({ method, url, status, error, durationMs, via }: LoggedRequest): string {
  const outcome = [status?.toString(), error].filter((part) => part !== undefined).join(" ");
  const proxy = via === undefined ? "" : ` via ${via}`;
  return `debug: ${method} ${url}${proxy}: ${outcome} in ${Math.round(durationMs)} ms`;
}
