import { describe, expect, test } from "vitest";
import { readProxies } from "./proxies.ts";

const PROXY = "http://proxy.corp:3128";

function find(environment: Readonly<Record<string, string>>, url = "https://r.io"): string | undefined {
  return readProxies(environment)(new URL(url))?.origin;
}

describe("readProxies()", () => {
  test.each([
    [{}, "https://r.io", undefined],
    [{ HTTPS_PROXY: PROXY }, "https://r.io", PROXY],
    [{ https_proxy: PROXY }, "https://r.io", PROXY],
    [{ https_proxy: PROXY, HTTPS_PROXY: "http://other:1" }, "https://r.io", PROXY],
    [{ https_proxy: "", HTTPS_PROXY: PROXY }, "https://r.io", PROXY],
    [{ HTTPS_PROXY: PROXY }, "http://r.io", undefined],
    [{ HTTP_PROXY: PROXY }, "http://r.io", PROXY],
    [{ HTTP_PROXY: PROXY }, "https://r.io", undefined],
    [{ ALL_PROXY: PROXY }, "https://r.io", PROXY],
    [{ all_proxy: PROXY, http_proxy: "http://other:1" }, "http://r.io", "http://other:1"],
    [{ all_proxy: "socks5://p:1080", http_proxy: PROXY, HTTPS_PROXY: PROXY }, "https://r.io", PROXY],
    [{ all_proxy: "socks5://p:1080", no_proxy: "*" }, "https://r.io", undefined],
    [{ HTTPS_PROXY: "proxy.corp:3128" }, "https://r.io", PROXY],
    [{ HTTPS_PROXY: "https://proxy.corp" }, "https://r.io", "https://proxy.corp"],
  ])("with %j sends %s to %s", (environment, url, expected) => {
    expect(find(environment, url)).toBe(expected);
  });

  test.each(["localhost", "x.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])(
    "goes straight to %s",
    (host) => {
      expect(find({ ALL_PROXY: PROXY }, `https://${host}:5000`)).toBeUndefined();
    },
  );

  test.each([
    ["*", "r.io", true],
    ["r.io", "r.io", true],
    ["R.IO", "r.io", true],
    ["r.io.", "r.io", true],
    ["r.io", "r.io.", true],
    ["r.io", "sub.r.io", true],
    ["r.io", "other-r.io", false],
    [".r.io", "sub.r.io", true],
    [".r.io", "r.io", true],
    ["*.r.io", "sub.r.io", true],
    ["a.io, r.io", "r.io", true],
    ["a.io r.io", "r.io", true],
    ["r.io:5000", "r.io:5000", true],
    ["r.io:5000", "r.io", false],
    ["r.io:443", "r.io", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1:443", "10.0.0.1", true],
    ["10.0.0.1:5000", "10.0.0.1", false],
    ["10.0.0.0/8", "10.9.9.9", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "ten.io", false],
    ["fd00::/8", "[fd12::1]", true],
    ["fd12::1", "[fd12::1]", true],
    ["[fd12::1]", "[fd12::1]", true],
    ["[fd12::1]:443", "[fd12::1]", true],
    ["[fd12::1]:5000", "[fd12::1]", false],
    ["[", "r.io", false],
    ["", "r.io", false],
  ])("NO_PROXY=%j is about %s: %s", (exceptions, host, isExcepted) => {
    const proxy = find({ HTTPS_PROXY: PROXY, NO_PROXY: exceptions }, `https://${host}`);

    expect(proxy).toBe(isExcepted ? undefined : PROXY);
  });

  test.each([
    ["http://ada:p%40ss%3Aword@proxy.corp:3128", "ada:p@ss:word"],
    ["http://ada@proxy.corp", "ada:"],
    ["ada:100%@proxy.corp:1", "ada:100%"],
  ])("reads user name and password, and keeps them out of the rest: %s", (value, expected) => {
    const proxy = readProxies({ HTTPS_PROXY: value })(new URL("https://r.io"));

    const encoded = proxy?.headers["proxy-authorization"]?.replace("Basic ", "") ?? "";
    expect(Buffer.from(encoded, "base64").toString()).toBe(expected);
    expect(`${proxy?.origin} ${proxy?.host}`).not.toContain("ada");
  });

  test("tells host and port also where the port goes without saying", () => {
    const find = readProxies({ HTTP_PROXY: "http://p.io", HTTPS_PROXY: "https://p.io" });

    expect(find(new URL("http://r.io"))).toMatchObject({
      host: "p.io:80",
      variable: "HTTP_PROXY",
      headers: {},
    });
    expect(find(new URL("https://r.io"))).toMatchObject({ host: "p.io:443", variable: "HTTPS_PROXY" });
  });

  test.each([
    ["http://ada:secret@", /its value is no URL/],
    ["socks5://ada:secret@proxy.corp:1080", /its scheme is "socks5"/],
  ])("refuses %s without showing it", (value, message) => {
    expect(() => readProxies({ ALL_PROXY: value })).toThrow(message);
    expect(() => readProxies({ ALL_PROXY: value })).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.not.stringContaining("secret") }),
    );
  });
});
