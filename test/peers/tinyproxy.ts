import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerFile } from "./peers.ts";
import { findFreePort, type StartedPeer, startPeer } from "./start-peer.ts";

/** How a proxy runs. */
export interface TinyproxyOptions {
  /** Names that it knows to be this machine; nobody else does. */
  readonly names: readonly string[];
  /** @default everybody may use it */
  readonly user?: { readonly username: string; readonly password: string };
}

/** A tinyproxy that runs. */
export interface Tinyproxy extends StartedPeer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
}

/** Starts tinyproxy. nss_wrapper makes names known to it alone, as a name server inside a company does. */
export async function startTinyproxy({ names, user }: TinyproxyOptions): Promise<Tinyproxy> {
  const directory = await mkdtemp(join(tmpdir(), "tinyproxy-"));
  const port = await findFreePort();
  const config = join(directory, "tinyproxy.conf");
  const hosts = join(directory, "hosts");
  const login = user === undefined ? "" : `BasicAuth ${user.username} ${user.password}`;
  await writeFile(config, `Port ${port}\nListen 127.0.0.1\nTimeout 60\nLogLevel Critical\n${login}\n`);
  await writeFile(hosts, names.map((name) => `127.0.0.1 ${name}\n`).join(""));
  const env = { LD_PRELOAD: peerFile("nss_wrapper"), NSS_WRAPPER_HOSTS: hosts };
  const peer = await startPeer("tinyproxy", { args: ["-d", "-c", config], port, env });
  return {
    host: `127.0.0.1:${port}`,
    async close() {
      await peer.close();
      await rm(directory, { recursive: true });
    },
  };
}
