import { expect, test } from "vitest";
import { parseResponseHead } from "./response-head.ts";

test("parseResponseHead() reads status and fields, and joins those of one name", () => {
  const head = parseResponseHead(
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nLink:<a>\r\nlink: \t<b> \t\r\nX-Empty: \r\n__proto__: x",
  );

  expect(head).toMatchObject({
    statusCode: 200,
    framing: { kind: "length", size: 12 },
    isPersistent: true,
    headers: { "content-length": "12", link: ["<a>", "<b>"], "x-empty": "" },
  });
});

test.each([
  ["Content-Length: 0", { kind: "length", size: 0 }, true],
  ["Content-Length: 5\r\nContent-Length: 5", { kind: "length", size: 5 }, true],
  ["Content-Length: 5\r\nConnection: close", { kind: "length", size: 5 }, false],
  ["Transfer-Encoding: chunked", { kind: "chunked" }, false],
  ["Transfer-Encoding: chunked\r\nContent-Length: 5", { kind: "chunked" }, false],
  ["Server: x", { kind: "close" }, false],
])("a body with %j ends as %j", (fields, framing, isPersistent) => {
  expect(parseResponseHead(`HTTP/1.1 200 OK\r\n${fields}`)).toMatchObject({ framing, isPersistent });
});

test("HTTP/1.0 keeps no connection, and 204 has no body", () => {
  expect(parseResponseHead("HTTP/1.0 200 OK\r\nContent-Length: 1").isPersistent).toBe(false);
  expect(parseResponseHead("HTTP/1.1 204 No Content").framing).toEqual({ kind: "length", size: 0 });
});

test.each([
  ["SSH-2.0-OpenSSH_9.2", "HPE_INVALID_CONSTANT"],
  ["HTTP/2 200", "HPE_INVALID_CONSTANT"],
  ["HTTP/1.1 20", "HPE_INVALID_CONSTANT"],
  ["HTTP/1.1 200 OK\r\nNo colon", "HPE_INVALID_HEADER_TOKEN"],
  ["HTTP/1.1 200 OK\r\nA: b\r\n folded", "HPE_INVALID_HEADER_TOKEN"],
  ["HTTP/1.1 200 OK\r\nA: b\u0000", "HPE_INVALID_HEADER_TOKEN"],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6", "HPE_INVALID_CONTENT_LENGTH"],
  ["HTTP/1.1 200 OK\r\nContent-Length: -1", "HPE_INVALID_CONTENT_LENGTH"],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", "HPE_INVALID_TRANSFER_ENCODING"],
])("parseResponseHead() refuses %j", (text, code) => {
  expect(() => parseResponseHead(text)).toThrow(expect.objectContaining({ code }));
});

test.each([
  ["behind them something that is no text", `${" ".repeat(3000)}\u0001`, "refused"],
  ["behind them something that is", `x${" ".repeat(60_000)}y`, "read"],
])("parseResponseHead() is done with many blanks at once: %s", (_what, value, outcome) => {
  const startedAt = performance.now();

  const parse = (): string => {
    try {
      return parseResponseHead(`HTTP/1.1 200 OK\r\na:${value}`).headers["a"] === value ? "read" : "other";
    } catch {
      return "refused";
    }
  };

  expect(parse()).toBe(outcome);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
