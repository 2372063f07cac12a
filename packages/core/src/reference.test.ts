import { describe, expect, test } from "vitest";
import {
  formatReference,
  isRegistryHost,
  isRepository,
  isTag,
  joinRepositoryName,
  maskUserInfo,
  normalizeRegistry,
  parseReference,
} from "./reference.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const INVALID = expect.objectContaining({ code: "REFERENCE_INVALID" });

describe("parseReference()", () => {
  test.each([
    ["redis", "docker.io/library/redis"],
    ["redis:7.2", "docker.io/library/redis:7.2"],
    ["bitnami/redis", "docker.io/bitnami/redis"],
    ["a/b/c", "docker.io/a/b/c"],
    ["docker.io/redis", "docker.io/library/redis"],
    ["docker.io/library/redis", "docker.io/library/redis"],
    ["index.docker.io/redis:7", "docker.io/library/redis:7"],
    ["registry-1.docker.io/bitnami/redis", "docker.io/bitnami/redis"],
    ["registry.hub.docker.com/redis", "docker.io/library/redis"],
    ["Docker.IO/redis", "docker.io/library/redis"],
    ["ghcr.io/owner/app:v1", "ghcr.io/owner/app:v1"],
    ["GHCR.io/owner/app", "ghcr.io/owner/app"],
    ["localhost/app", "localhost/app"],
    ["localhost:5000/app", "localhost:5000/app"],
    ["registry:5000/app:5000", "registry:5000/app:5000"],
    ["127.0.0.1:5000/app", "127.0.0.1:5000/app"],
    ["[::1]:5000/app:1", "[::1]:5000/app:1"],
    ["[2001:db8::1]/app", "[2001:db8::1]/app"],
    ["r.io/a__b/c-d.e--f:T_a.g-1", "r.io/a__b/c-d.e--f:T_a.g-1"],
    [`redis@${DIGEST}`, `docker.io/library/redis@${DIGEST}`],
    [`r.io:443/app:1@${DIGEST}`, `r.io:443/app:1@${DIGEST}`],
  ])("reads %s as docker does", (text, full) => {
    const reference = parseReference(text);

    expect(formatReference(reference)).toBe(full);
    expect(parseReference(full)).toEqual(reference);
  });

  test("has no tag and no digest where none is given", () => {
    expect(parseReference("r.io/app")).toStrictEqual({ registry: "r.io", repository: "app" });
  });

  test.each([
    ["nothing", ""],
    ["no repository", "r.io/"],
    ["no repository but a tag", ":7"],
    ["an upper-case repository", "r.io/App"],
    ["an upper-case first component, which docker takes for a host", "REGISTRY/app"],
    ["an empty component", "r.io/a//b"],
    ["a dot at the beginning", "r.io/.a"],
    ["a parent directory", "r.io/a/../b"],
    ["three underscores", "r.io/a___b"],
    ["two dots", "r.io/a..b"],
    ["a blank", "r.io/a b"],
    ["a percent sign", "r.io/a%2fb"],
    ["letters beyond ASCII", "r.io/bücher"],
    ["a direction mark", "r.io/app\u202e"],
    ["an empty tag", "r.io/app:"],
    ["a tag with a slash behind the colon", "r.io/app:a/b:"],
    ["a tag that begins with a dot", "r.io/app:.7"],
    ["a tag of 129 characters", `r.io/app:${"a".repeat(129)}`],
    ["a line feed behind the tag", "r.io/app:7\n"],
    ["an empty digest", "r.io/app@"],
    ["a short digest", "r.io/app@sha256:00"],
    ["an unknown algorithm", `r.io/app@md5:${"0".repeat(32)}`],
    ["two digests", `r.io/app@${DIGEST}@${DIGEST}`],
    ["a scheme", "https://r.io/app"],
    ["a user", "user@r.io/app"],
    ["a port beyond 65535", "r.io:65536/app"],
    ["a port that is no number", "r.io:http/app"],
    ["an address beyond 255", "256.0.0.1/app"],
    ["an address that is not IPv6", "[1:2]/app"],
    ["an open bracket", "[::1/app"],
    ["a name of 256 characters", `r.io/${"a".repeat(251)}`],
  ])("refuses %s", (_what, text) => {
    expect(() => parseReference(text)).toThrow(INVALID);
  });

  test("takes a name of 255 characters", () => {
    expect(parseReference(`r.io/${"a".repeat(250)}`).repository).toHaveLength(250);
  });
});

describe("joinRepositoryName()", () => {
  test.each([
    ["r.io", "app", "r.io", "app"],
    ["r.io", "/app", "r.io", "app"],
    ["r.io/", "app", "r.io", "app"],
    ["R.io/mirror/hub//", "/library/redis", "r.io", "mirror/hub/library/redis"],
    ["docker.io", "redis", "docker.io", "library/redis"],
    ["registry.hub.docker.com", "/redis", "docker.io", "library/redis"],
    ["docker.io/bitnami", "redis", "docker.io", "bitnami/redis"],
    ["localhost", "app", "localhost", "app"],
    ["registry", "app", "registry", "app"],
  ])("puts %s and %s together", (registry, path, name, repository) => {
    expect(joinRepositoryName(registry, path)).toEqual({ registry: name, repository });
  });

  test.each([
    ["https://r.io", "app", /scheme/],
    ["", "app", /not a registry's HOST/],
    ["-r.io", "app", /not a registry's HOST/],
    ["r.io:99999", "app", /not a registry's HOST/],
    ["r.io", "", /not a repository name/],
    ["r.io", "//app", /not a repository name/],
    ["r.io/Prefix", "app", /not a repository name/],
    ["r.io", "a".repeat(252), /not a repository name/],
  ])("refuses %j and %j", (registry, path, message) => {
    expect(() => joinRepositoryName(registry, path)).toThrow(message);
    expect(() => joinRepositoryName(registry, path)).toThrow(INVALID);
  });
});

test.each([
  ["r.io", true],
  ["r", true],
  ["r.io:443", true],
  ["my_registry", true],
  ["[::1]", true],
  ["[::1]:5000", true],
  ["127.0.0.1", true],
  ["r.io/a", false],
  ["r.io:", false],
  ["r.io:65536", false],
  ["1.2.3.4.5", false],
  ["[:::]", false],
  ["r..", false],
  ["u@r.io", false],
  ["r.io\n", false],
])("isRegistryHost(%j) is %s", (text, expected) => {
  expect(isRegistryHost(text)).toBe(expected);
});

test.each([
  ["joe:s3cret@r.io/app", "***@r.io/app"],
  ["https://joe:s3cret@r.io", "https://***@r.io"],
  ["joe:s3/cr@et@r.io/app", "***@r.io/app"],
  ["token@r.io", "***@r.io"],
  ["token@registry/app", "***@registry/app"],
  ["token@10.0.0.1", "***@10.0.0.1"],
  ["token@10.0.0.1/app", "***@10.0.0.1/app"],
  ["https://token@registry/app", "https://***@registry/app"],
  ["joe:s3cret@registry", "***@registry"],
  ["quay.io/team/app@1.25", "quay.io/team/app@1.25"],
  ["nginx@latest", "nginx@latest"],
  ["redis:7@sha256-abc", "redis:7@sha256-abc"],
  [`joe:s3cret@r.io/app@${DIGEST}`, `***@r.io/app@${DIGEST}`],
  ["joe:s3cret@\nr.io", "***@\nr.io"],
  ["r.io:5000/app", "r.io:5000/app"],
  ["r.io/app@sha256:00", "r.io/app@sha256:00"],
])("maskUserInfo(%j) is %j", (text, expected) => {
  expect(maskUserInfo(text)).toBe(expected);
});

test.each([
  "joe:s3cret@r.io",
  "joe:s3/cret@r.io",
  "joe:12/s3cret@r.io",
  "https://joe:s3cret@r.io",
  `joe:${"s3cret".repeat(60)}@r.io`,
])("no message has the password of %j", (text) => {
  for (const read of [() => joinRepositoryName(text, "app"), () => parseReference(`${text}/app`)])
    expect(read).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/s3|cret/) }));
});

test("normalizeRegistry() keeps a port that is the scheme's own", () => {
  expect(normalizeRegistry("R.io:443")).toBe("r.io:443");
});

test("isTag() and isRepository() know the longest name", () => {
  expect([isTag("a".repeat(128)), isTag("a".repeat(129)), isTag("-a")]).toEqual([true, false, false]);
  expect([isRepository("a".repeat(255)), isRepository("a".repeat(256))]).toEqual([true, false]);
});
