import type { Hash } from "node:crypto";
import type { Descriptor } from "../descriptor.ts";
import { parseDigest } from "../digest.ts";
import { BundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import { createDigestHash } from "../hash.ts";

/** Where a blob's bytes go, in order; what has arrived stays for the next attempt, from wherever that comes. */
export interface BlobSink {
  /** Bytes that are there. */
  position(): number;
  /**
   * Adds bytes behind them; `from` names their origin in errors.
   *
   * @throws `SIZE_INVALID` if there are more than the blob has, after which none is there; what `content` and storing fail with
   */
  append(content: AsyncIterable<Uint8Array>, from: string): Promise<void>;
  /**
   * Resolves if all of the blob is there and right.
   *
   * @throws `SIZE_INVALID` if bytes are missing; `DIGEST_INVALID` if they are wrong, after which none is there
   */
  finish(from: string): Promise<void>;
}

/** Bytes that are there, and the hash of them. */
export interface SinkState {
  readonly position: number;
  readonly hash: Hash;
}

/** How a sink stores bytes. */
export interface BlobSinkOptions {
  /** Stores a chunk, which is its caller's again afterwards, at this place of the blob. */
  readonly write: (chunk: Uint8Array, position: number) => Promise<void>;
  /** Called with what is there, after each chunk and when it has been found to be wrong. */
  readonly onState?: (state: SinkState) => Promise<void>;
  /** What is there already, and has been told of. @default nothing */
  readonly start?: SinkState;
  readonly onEvent?: EventSink | undefined;
}

/** A sink that hashes what passes, and tells of it. */
export function createBlobSink(descriptor: Descriptor, options: BlobSinkOptions): BlobSink {
  const { write, onState, start, onEvent } = options;
  const { digest, size } = descriptor;
  let hash = start?.hash ?? createDigestHash(digest);
  let position = start?.position ?? 0;

  const moveTo = (next: number): void => {
    if (next !== position) onEvent?.({ kind: "blob-progress", digest, size: next - position });
    position = next;
  };

  const startAnew = async (): Promise<void> => {
    moveTo(0);
    hash = createDigestHash(digest);
    await onState?.({ position, hash });
  };

  const add = async (chunk: Uint8Array): Promise<void> => {
    // The disk works while the hash is computed.
    const written = write(chunk, position);
    hash.update(chunk);
    await written;
    moveTo(position + chunk.length);
    await onState?.({ position, hash });
  };

  return {
    position: () => position,
    async append(content, from) {
      for await (const chunk of content) {
        if (position + chunk.length > size) {
          await startAnew();
          throw wrongSize(descriptor, from, `more than ${size} bytes came`);
        }
        await add(chunk);
      }
    },
    async finish(from) {
      if (position !== size) throw wrongSize(descriptor, from, `${position} of ${size} bytes came`);
      const actual = `${parseDigest(digest).algorithm}:${hash.copy().digest("hex")}`;
      if (actual === digest) return;
      await startAnew();
      throw new BundleError(
        "DIGEST_INVALID",
        `Cannot accept ${digest} from ${from}: what came has the digest ${actual}`,
      );
    },
  };
}

function wrongSize({ digest }: Descriptor, from: string, what: string): BundleError {
  return new BundleError("SIZE_INVALID", `Cannot accept ${digest} from ${from}: ${what}`);
}
