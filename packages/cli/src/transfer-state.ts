import type { Phase, TransferEvent } from "@airgap-bundle/core";
import { formatDuration } from "./format-duration.ts";
import { formatSize } from "./format-size.ts";
import { sanitizeText } from "./sanitize-text.ts";
import { createTransferRate, type TransferRate } from "./transfer-rate.ts";

/** What people read for a phase. */
const PHASE_TITLES: Record<Phase, string> = {
  repositories: "Listing repositories",
  list: "Listing tags",
  resolve: "Resolving tags",
  manifests: "Reading manifests",
  referrers: "Looking for signatures",
  move: "Moving what is there",
  download: "Downloading",
  write: "Writing",
  check: "Checking",
  preflight: "Checking access",
  upload: "Uploading",
  verify: "Verifying",
};

/** Hexadecimal digits of a digest that people can still compare. */
const SHORT_DIGEST_LENGTH = 12;

/** Where a work is, from the events it has sent. */
export interface TransferState {
  apply(event: TransferEvent): void;
  /** A line about the phase; undefined before the first. */
  describePhase(): string | undefined;
  /** A line for each of the oldest blobs that are moving. */
  describeBlobs(maxLines: number): string[];
}

interface PhaseProgress {
  readonly phase: Phase;
  readonly total?: number;
  readonly rate: TransferRate;
  size: number;
  steps: number;
  done: number;
  /** What of it was there already. */
  kept: number;
}

type BlobMove = Extract<TransferEvent, { readonly kind: "blob-progress" }>;

interface BlobProgress {
  readonly digest: string;
  readonly title: string;
  readonly size: number;
  done: number;
}

/** A state before the first event; `now` is a clock in milliseconds. */
export function createTransferState(now: () => number): TransferState {
  let current: PhaseProgress | undefined;
  const blobs = new Map<string, BlobProgress>();

  function move({ digest, size, isKept }: BlobMove): void {
    const blob = blobs.get(digest);
    if (blob !== undefined) blob.done += size;
    if (current === undefined) return;
    current.done += size;
    if (isKept === true) current.kept += size;
    else current.rate.add(size);
  }

  /** A blob that is done counts whole, whatever part of it moved now; one that was given up counts no more. */
  function end(digest: string, ok: boolean): void {
    const blob = blobs.get(digest);
    blobs.delete(digest);
    if (blob === undefined || current === undefined) return;
    current.steps += 1;
    current.done += ok ? blob.size - blob.done : -blob.done;
    if (!ok && current.size >= blob.size) current.size -= blob.size;
  }

  function apply(event: TransferEvent): void {
    switch (event.kind) {
      case "phase":
        current = { size: 0, steps: 0, done: 0, kept: 0, ...event, rate: createTransferRate(now) };
        return;
      case "step":
        if (event.phase === current?.phase) current.steps += 1;
        return;
      case "blob-start":
        blobs.set(event.digest, { ...event, done: 0 });
        return;
      case "blob-progress":
        move(event);
        return;
      case "blob-end":
        end(event.digest, event.ok);
        return;
      case "log":
      case "retry":
      case "warning":
        return;
    }
  }

  return {
    apply,
    describePhase: () => (current === undefined ? undefined : describePhase(current)),
    describeBlobs: (maxLines) => [...blobs.values()].slice(0, maxLines).map(describeBlob),
  };
}

function describePhase({ phase, total, size, steps, done, kept, rate }: PhaseProgress): string {
  const parts = [PHASE_TITLES[phase]];
  if (size > 0) parts.push(formatPercent(done, size), `${formatSize(done)} of ${formatSize(size)}`);
  else if (done > 0) parts.push(formatSize(done));
  if (kept > 0) parts.push(`${formatSize(kept)} were there already`);
  if (total !== undefined) parts.push(`${steps} of ${total}`);
  else if (steps > 0) parts.push(String(steps));
  const perSecond = done > kept ? rate.perSecond() : undefined;
  if (perSecond !== undefined) parts.push(`${formatSize(Math.round(perSecond))}/s`);
  if (perSecond !== undefined && perSecond > 0 && size > done) {
    parts.push(`${formatDuration(((size - done) / perSecond) * 1000)} left`);
  }
  return parts.join("  ");
}

function describeBlob({ digest, title, size, done }: BlobProgress): string {
  const short = digest.slice(digest.indexOf(":") + 1).slice(0, SHORT_DIGEST_LENGTH);
  return sanitizeText(`  ${short}  ${formatPercent(done, size)}  ${formatSize(size).padStart(8)}  ${title}`);
}

/** Four characters wide; 100% only when nothing is missing. */
function formatPercent(done: number, size: number): string {
  const percent = size === 0 ? 100 : Math.min(100, Math.max(0, Math.floor((done / size) * 100)));
  return `${percent}%`.padStart(4);
}
