import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { detectScheme, isLoopback } from "./scheme.ts";

test.each([
  ["localhost", true],
  ["localhost:5000", true],
  ["LOCALHOST", true],
  ["127.0.0.1", true],
  ["127.255.0.1:80", true],
  ["[::1]", true],
  ["[::1]:5000", true],
  ["localhost.evil.com", false],
  ["127.0.0.1.evil.com", false],
  ["0.0.0.0", false],
  ["128.0.0.1", false],
  ["[::2]", false],
  ["r.io", false],
])("isLoopback(%j) is %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe("detectScheme()", () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(
      servers.splice(0).map(async (server) => await new Promise((done) => server.close(done))),
    );
  });

  /** The host of a server that treats connections like this. */
  async function listen(onConnection: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.push(socket.on("error", () => undefined));
      onConnection(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  async function openSocket({ hostname, port }: URL): Promise<Socket> {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return socket;
  }

  test.each([
    ["answers in words", (socket: Socket) => socket.end("HTTP/1.0 400 Bad Request\r\n\r\n")],
    ["hangs up", (socket: Socket) => socket.destroy()],
    ["cuts the connection", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy())],
  ])("of a host that %s is http", async (_what, onConnection) => {
    expect(await detectScheme(await listen(onConnection), { openSocket })).toBe("http");
  });

  test("of a host that answers a handshake with an alert is https", async () => {
    const alert = Buffer.from("15030300020228", "hex");

    const host = await listen((socket) => socket.once("data", () => socket.end(alert)));

    expect(await detectScheme(host, { openSocket })).toBe("https");
  });

  test("does not guess where nobody listens", async () => {
    const host = await listen(() => undefined);
    await new Promise((done) => servers.splice(0)[0]?.close(done));

    await expect(detectScheme(host, { openSocket })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("leaves a host without a port to plain http where nobody listens at the port of https", async () => {
    const refuse = async (): Promise<Socket> => {
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    };

    expect(await detectScheme("r.internal", { openSocket: refuse })).toBe("http");
  });

  test("leaves a host that is not reached to plain http where that goes through a proxy", async () => {
    const openNone = async (): Promise<Socket> => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    };
    const host = "r.internal:5000";

    expect(await detectScheme(host, { openSocket: openNone, isPlainProxied: true })).toBe("http");
    await expect(detectScheme(host, { openSocket: openNone })).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  test("ends when it is told to", async () => {
    const controller = new AbortController();
    const host = await listen((socket) => {
      socket.once("data", () => controller.abort(new Error("stopped")));
    });

    const detected = detectScheme(host, { openSocket, signal: controller.signal });

    await expect(detected).rejects.toThrow("stopped");
  });
});
