import { type BundleError, type EventSink, toBundleError } from "@airgap-bundle/core";
import { askHelper } from "./ask-helper.ts";
import type { Credentials } from "./credentials.ts";
import type { Machine } from "./machine.ts";

/** What a helper said is refused only by mistake before it is so old; the tokens of clouds live an hour and more. */
const MIN_AGE_MS = 5 * 60_000;

/** How a helper is asked. */
export interface GetOptions {
  /** Something says that it has credentials for this registry; else its failure is only a warning. */
  readonly isNeeded: boolean;
  readonly refused: Credentials | undefined;
}

/** Credential helpers, each asked once for a registry, and again when what it gave has grown old and is refused. */
export interface Helpers {
  /** @throws `UNAUTHORIZED` if it fails and is needed */
  get(helper: string, registry: string, options: GetOptions): Promise<Credentials | undefined>;
}

/** What helpers depend on. */
export interface HelpersOptions {
  readonly machine: Machine;
  readonly onEvent?: EventSink | undefined;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

interface Asked {
  readonly atMs: number;
  readonly answer: Promise<Answer>;
}

interface Answer {
  readonly credentials?: Credentials | undefined;
  readonly error?: BundleError;
}

/** Helpers that have not been asked anything yet. */
export function createHelpers(options: HelpersOptions): Helpers {
  const { machine, onEvent, now } = options;
  const asked = new Map<string, Asked>();
  const warned = new Set<string>();

  const ask = async (helper: string, registry: string): Promise<Answer> => {
    try {
      return { credentials: await askHelper(helper, registry, { machine }) };
    } catch (error) {
      return { error: toBundleError(error) };
    }
  };

  const askOnce = async (
    helper: string,
    registry: string,
    refused: Credentials | undefined,
  ): Promise<Answer> => {
    const key = `${helper} ${registry}`;
    const known = asked.get(key);
    const answered = await known?.answer;
    // Somebody else may have asked again meanwhile.
    const latest = asked.get(key);
    const isOld = latest !== undefined && now() - latest.atMs >= MIN_AGE_MS;
    const isRefused = refused !== undefined && answered?.credentials === refused;
    if (latest !== undefined && !(latest === known && isOld && isRefused)) return await latest.answer;
    const answer = ask(helper, registry);
    asked.set(key, { atMs: now(), answer });
    return await answer;
  };

  return {
    async get(helper, registry, { isNeeded, refused }) {
      const { credentials, error } = await askOnce(helper, registry, refused);
      if (error === undefined) return credentials;
      if (isNeeded) throw error;
      if (!warned.has(helper)) {
        warned.add(helper);
        const message = `${error.message}; going on as if it had none`;
        onEvent?.({ kind: "warning", code: "CREDENTIAL_HELPER_FAILED", message });
      }
      return undefined;
    },
  };
}
