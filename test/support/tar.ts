import { Readable } from "node:stream";
import { extract } from "tar-stream";

/** A file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly content: Buffer;
}

/** The files of an archive, in order. */
export async function readTar(archive: Uint8Array): Promise<TarFile[]> {
  const files: TarFile[] = [];
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
    files.push({ name: entry.header.name, content: Buffer.concat(chunks) });
  }
  return files;
}
