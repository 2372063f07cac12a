import type { WarningCode } from "./warning-codes.ts";

/** What a long work tells while it runs: plain data, for progress and logs. Sizes and `transferred` are bytes. */
export type TransferEvent =
  /** A new part of the work begins; `total` counts what {@link TransferEvent} `step` events will follow, if known. */
  | { readonly kind: "phase"; readonly phase: Phase; readonly total?: number; readonly size?: number }
  /** One of the phase's things is done. */
  | { readonly kind: "step"; readonly phase: Phase }
  /** A blob starts to move. */
  | { readonly kind: "blob-start"; readonly digest: string; readonly size: number; readonly title: string }
  /**
   * A part of it has moved; `size` counts this part only and is negative where an attempt is begun anew. `isKept` where it
   * was there already, from an earlier run, and was only read.
   */
  | { readonly kind: "blob-progress"; readonly digest: string; readonly size: number; readonly isKept?: true }
  /** It is where it belongs and verified, or was given up. */
  | { readonly kind: "blob-end"; readonly digest: string; readonly ok: boolean }
  /** Waiting before the next attempt; with `host`, before anything more is asked of it, and `message` says only why. */
  | { readonly kind: "retry"; readonly message: string; readonly waitMs: number; readonly host?: string }
  /** Something the operator should know; the work goes on. */
  | { readonly kind: "warning"; readonly code: WarningCode; readonly message: string }
  /** Something for whoever looks for a fault: a request and its answer. */
  | { readonly kind: "log"; readonly message: string };

/** The parts of the work, in the words shown to people: "listing repositories", "listing tags", "resolving tags", … */
export type Phase =
  | "repositories"
  | "list"
  | "resolve"
  | "manifests"
  | "referrers"
  | "move"
  | "download"
  | "write"
  | "check"
  | "preflight"
  | "upload"
  | "verify";

/** Takes events; must return at once. */
export type EventSink = (event: TransferEvent) => void;
