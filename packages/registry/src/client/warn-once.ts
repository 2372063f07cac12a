import type { EventSink, WarningCode } from "@airgap-bundle/core";
import { maskSecrets } from "../credentials/mask-secrets.ts";
import type { Transport } from "./transport.ts";

/** Tells the operator something about a registry; the work goes on. */
export type Warn = (code: WarningCode, message: string) => void;

/** A registry that makes up a new warning for each request is not listened to for ever. */
const MAX_WARNINGS = 100;

/** More warning text of one answer is ignored: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings}. */
const MAX_WARNING_LENGTH = 4096;

/** A {@link Warn} that says each thing once. */
export function createWarner(onEvent: EventSink | undefined): Warn {
  const said = new Set<string>();
  return (code, message) => {
    if (said.has(message)) return;
    said.add(message);
    onEvent?.({ kind: "warning", code, message });
  };
}

/** The same transport; what the registry says in `Warning` headers is passed on, and never acted upon. */
export function hearWarnings(transport: Transport, registry: string, warn: Warn): Transport {
  const heard = new Set<string>();
  return {
    ...transport,
    async send(call) {
      const response = await transport.send(call);
      for (const said of readWarnings(response.headers["warning"])) {
        const text = maskSecrets(said, response.secrets ?? []);
        const isHeard = heard.size < MAX_WARNINGS || heard.has(text);
        if (isHeard) heard.add(text);
        const words = isHeard
          ? `says: ${text}`
          : "says more than is listened to: its other warnings are left out";
        warn("REGISTRY_WARNING", `${registry} ${words}`);
      }
      return response;
    },
  };
}

/** The texts of `299 - "TEXT"`, the one form that registries may use. */
function readWarnings(header: string | readonly string[] | undefined): readonly string[] {
  const warnings = [header ?? []].flat().join(", ").slice(0, MAX_WARNING_LENGTH);
  const texts = warnings.matchAll(/(?:^|,)\s*299 - "((?:[^"\\]|\\.)*)"/g);
  return [...texts].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}
