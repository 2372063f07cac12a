import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { TransferEvent } from "@airgap-bundle/core";
import { expect, onTestFinished, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";

const IMAGE = makeImage(["layer"]);
const { headers = {}, body = "" } = answerManifest(IMAGE);

const { open } = useClients();

/** Answers each HEAD with an image; what it sends behind it is late, and comes when the next request does. */
async function serve(behindHead: string | Uint8Array): Promise<{ host: string; count: () => number }> {
  let connections = 0;
  const fields = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(body)) });
  const head = fields.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("");
  const answer = (socket: Socket, request: string): void => {
    if (!request.startsWith("HEAD")) return void socket.end("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n");
    if (socket.bytesWritten > 0) socket.write(behindHead);
    socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
  };
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined).on("data", (data) => answer(socket, data.toString()));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    count: () => connections,
  };
}

test("resolve() asks for one tag after the other over one connection", async () => {
  const { host, count } = await serve("");
  const repository = open(host).openRepository("team/app");
  await repository.resolve("1");
  const before = count();

  for (const tag of ["2", "3", "4", "5"]) expect(await repository.resolve(tag)).toEqual(IMAGE.descriptor);

  expect(count() - before).toBeLessThanOrEqual(1);
});

test("resolve() copes with a server that sends a body behind the answer to a HEAD", async () => {
  const { host } = await serve(body);
  const retries: TransferEvent[] = [];
  const onEvent = (event: TransferEvent): void => void retries.push(event);
  const repository = open(host, { onEvent }).openRepository("team/app");

  for (const tag of ["1", "2", "3", "4", "5"])
    expect(await repository.resolve(tag)).toEqual(IMAGE.descriptor);

  // At most for the first of them, which meets two connections that are used.
  expect(retries.length).toBeLessThanOrEqual(1);
});
