import { createServer } from "node:net";
import { expect, test } from "vitest";
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

test("detectScheme() of a host where nobody listens is http: the request tells what is wrong", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));

  expect(await detectScheme(`127.0.0.1:${typeof address === "object" ? address?.port : ""}`)).toBe("http");
});
