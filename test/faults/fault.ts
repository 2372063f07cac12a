/** How the end of an altered body is told. */
export type Framing =
  /** As the registry has it: a wrong length, if the body is another. */
  | "kept"
  /** A length that fits what is sent. */
  | "fitted"
  | "chunked"
  /** Neither a length nor chunks: the end of the connection ends the body. */
  | "close";

/** What is done to one request. Offsets (`at`) and sizes are bytes of the body that this answer or request would have. */
export type Fault =
  /** The registry is not asked; with `isEarly` the request's body is not read either. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
      readonly isEarly?: boolean;
    }
  /** The connection is cut before anything is answered; the registry is not asked. */
  | { readonly kind: "hang-up" }
  /** The body breaks off. */
  | { readonly kind: "cut"; readonly at: number; readonly framing?: Framing }
  /** The body waits; `Infinity` waits until somebody gives up. */
  | { readonly kind: "stall"; readonly at: number; readonly ms: number }
  /** One byte is another. */
  | { readonly kind: "corrupt"; readonly at: number }
  /** Bytes are left out. */
  | { readonly kind: "drop"; readonly at: number; readonly size: number; readonly framing?: Framing }
  /** Bytes come in between. */
  | { readonly kind: "insert"; readonly at: number; readonly size: number; readonly framing?: Framing }
  /** Two neighbouring pieces of this size change places. */
  | { readonly kind: "swap"; readonly at: number; readonly size: number }
  /** This body is slow. */
  | { readonly kind: "pace"; readonly bytesPerSecond: number }
  /** Other headers, where undefined takes one away, and another status. */
  | {
      readonly kind: "headers";
      readonly set: Readonly<Record<string, string | undefined>>;
      readonly status?: number;
    }
  /** All of the blob is sent, whatever range was asked for. */
  | { readonly kind: "whole" }
  /** What another path gives, as when a tag has moved. */
  | { readonly kind: "forward"; readonly path: string }
  /** To a signed URL on another port, which is refused after so many uses or so much time. */
  | { readonly kind: "redirect"; readonly uses?: number; readonly ms?: number }
  /** The request's body breaks off. */
  | { readonly kind: "reset"; readonly at: number }
  /** The registry has done it, and nobody learns of it. */
  | { readonly kind: "lose-answer" };

/** A request, as it is matched and noted. */
export interface FaultyRequest {
  readonly method: string;
  /** Without the query. What is asked of the storage behind signed URLs begins with {@link STORAGE_PREFIX}. */
  readonly path: string;
  /** What `Range` says, such as `bytes=7-99`. */
  readonly range: string | undefined;
}

/** Decides what is done to a request. */
export type ChooseFault = (request: FaultyRequest) => Fault | undefined;

/** Path of everything behind signed URLs. */
export const STORAGE_PREFIX = "/storage";
