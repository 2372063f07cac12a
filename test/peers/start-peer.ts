import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type PeerName, peerFile } from "./peers.ts";

const POLL_MS = 20;

/** A server that is not ours and that runs. */
export interface StartedPeer {
  /** Ends it. */
  close(): Promise<void>;
}

/** How a server is started. */
export interface StartPeerOptions {
  readonly args: readonly string[];
  /** Of loopback, where it will listen. */
  readonly port: number;
  /** Beside this process's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A port of loopback that nobody listens at, for servers that want to be told one. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("Cannot find a free port");
  return address.port;
}

/** Starts a server, which must stay in the foreground. Resolves when it can be reached. */
export async function startPeer(name: PeerName, options: StartPeerOptions): Promise<StartedPeer> {
  const { args, port, env = {} } = options;
  const child = spawn(peerFile(name), args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  const said = text(child.stderr);
  const kill = (): boolean => child.kill();
  process.once("exit", kill);
  while (!(await isReachable(port))) {
    if (hasEnded(child)) throw new Error(`Cannot start ${name}: ${await said}`);
    await sleep(POLL_MS);
  }
  return {
    async close() {
      process.off("exit", kill);
      const exited = once(child, "exit");
      kill();
      await exited;
    },
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function isReachable(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    // Not yet, or never: the caller looks.
    return false;
  } finally {
    socket.destroy();
  }
}
