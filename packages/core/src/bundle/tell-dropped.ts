import type { EventSink } from "../events.ts";

/** Warns that so many bytes which had been fetched will not be used, and why. */
export function tellDropped(size: number, why: string, onEvent: EventSink | undefined): void {
  const message = `${size} bytes of layers that had been fetched are dropped: ${why}`;
  onEvent?.({ kind: "warning", code: "PARTIAL_DROPPED", message });
}
