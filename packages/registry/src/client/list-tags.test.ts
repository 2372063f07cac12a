import { createMemoryStore, type Repository } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { watchWarnings } from "../../../../test/support/watch-warnings.ts";
import type { Quirks } from "../server/options.ts";
import { serveRegistry } from "../server/serve-registry.ts";
import type { RegistryOptions } from "./open-registry.ts";

const TAGS = Array.from({ length: 25 }, (_, number) => `1.${number}`);

const { closeAfterTest, open, seen, openOdd } = useClients();

/** Of the registry that {@link serve} has started last. */
let host = "";

/** A repository of a sound registry that holds 25 tags. */
async function serve(quirks: Quirks = {}, options: Partial<RegistryOptions> = {}): Promise<Repository> {
  const store = createMemoryStore();
  for (const tag of TAGS) await putManifest(store.openRepository("team/app"), makeImage([]), tag);
  const served = await serveRegistry(store, { quirks, onRequest: (request) => seen.push(request) });
  ({ host } = closeAfterTest(served));
  return open(host, options).openRepository("team/app");
}

describe("listTags()", () => {
  test("follows the pages and gives each tag once", async () => {
    const repository = await serve({ tagPageSize: 10 });

    expect((await Array.fromAsync(repository.listTags())).sort()).toEqual(TAGS.toSorted());
    expect(seen).toHaveLength(3);
  });

  test("tells that there is no such repository", async () => {
    const { host: odd } = (
      await openOdd(() => ({ status: 404, body: `{"errors":[{"code":"NAME_UNKNOWN"}]}` }))
    ).server;

    await expect(Array.fromAsync(open(odd).openRepository("x").listTags())).rejects.toMatchObject({
      code: "NAME_UNKNOWN",
    });
  });

  const next = { link: `</v2/team/app/tags/list?last=x>; rel="next"` };

  /** A repository that lists these pages, the last again and again, each with a link to a next one; its warnings. */
  async function openPages(
    pages: readonly string[],
  ): Promise<Repository & { readonly warnings: readonly string[] }> {
    let page = 0;
    const { server } = await openOdd(() => {
      page += 1;
      return { headers: next, body: pages[Math.min(page, pages.length) - 1] ?? "" };
    });
    const { warnings, onEvent } = watchWarnings();
    return { ...open(server.host, { onEvent }).openRepository("team/app"), warnings };
  }

  test("takes null as none, and a document without a list", async () => {
    for (const body of [`{"tags":null}`, `{"name":"team/app"}`])
      expect(await Array.fromAsync((await openOdd(() => ({ body }))).listTags())).toEqual([]);
  });

  test("leaves out what is no tag and says how much, once", async () => {
    const repository = await openOdd(() => ({ body: `{"tags":["a","sha256:00","a/b","","\\u001b[2J"]}` }));
    const { warnings, onEvent } = watchWarnings();
    const tags = open(repository.server.host, { onEvent }).openRepository("team/app").listTags();

    expect(await Array.fromAsync(tags)).toEqual(["a"]);
    expect(warnings).toEqual([
      expect.stringMatching(/^TAGS_MALFORMED 4 of the names .*"sha256:00" and others$/),
    ]);
  });

  test("leaves out more names that are no tags than fit on a stack", async () => {
    const { warnings, onEvent } = watchWarnings();
    const tags = [...Array.from({ length: 220_000 }, (_, i) => `sha256:${i}`), "v1"];
    const repository = await openOdd(() => ({ body: JSON.stringify({ tags }) }), { onEvent });

    expect(await Array.fromAsync(repository.listTags())).toEqual(["v1"]);
    expect(warnings).toEqual([expect.stringMatching(/^TAGS_MALFORMED 220000 of .*"sha256:0" and others$/)]);
  });

  test("ends where a list turns in a circle, and says so", async () => {
    const repository = await openPages([`{"tags":["a","b"]}`, `{"tags":["b","c"]}`]);

    let isComplete = true;
    const onIncomplete = (): void => {
      isComplete = false;
    };

    expect(await Array.fromAsync(repository.listTags({ onIncomplete }))).toEqual(["a", "b", "c"]);
    expect(isComplete).toBe(false);
    expect(repository.warnings).toEqual([expect.stringMatching(/^TAGS_INCOMPLETE .*page 3 only repeats/)]);
  });

  test("goes on behind pages without a tag, but not for ever", async () => {
    const pages = [
      `{"tags":["a"]}`,
      `{"tags":[]}`,
      `{"tags":["sha256:00"]}`,
      `{"tags":["b"]}`,
      `{"tags":null}`,
    ];
    const repository = await openPages(pages);

    expect(await Array.fromAsync(repository.listTags())).toEqual(["a", "b"]);
    expect(repository.warnings).toEqual([
      expect.stringMatching(/^TAGS_INCOMPLETE .*page 24 holds no tag again/),
      expect.stringMatching(/^TAGS_MALFORMED 1 of the names .*"sha256:00"$/),
    ]);
  });

  test("fails on a list without end", async () => {
    let page = 0;
    const names = (): readonly string[] =>
      Array.from({ length: 100_000 }, (_, number) => `${page}.${number}`);
    const repository = await openOdd(() => {
      page += 1;
      return { headers: next, body: JSON.stringify({ tags: names() }) };
    });

    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("does not end after 11 pages and 1100000 tags"),
    });
  });

  test("stops reading a page that is too large", async () => {
    const repository = await openOdd(() => ({ body: `{"tags":["${"a".repeat(17_000_000)}"]}` }));

    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({
      code: "SIZE_INVALID",
      message: expect.stringContaining("larger than the 16777216 bytes allowed"),
    });
  });

  test("reads further pages from the registry itself, whatever host its links name", async () => {
    const { warnings, onEvent } = watchWarnings();
    const tagLink = (path: string): string => `<http://internal:5000${path}>; rel=next`;
    const repository = await serve({ tagPageSize: 10, tagLink }, { onEvent });

    expect(await Array.fromAsync(repository.listTags())).toHaveLength(25);
    expect(warnings).toEqual([
      expect.stringMatching(/^LINK_FOREIGN .* at http:\/\/internal:5000; they are read from/),
    ]);
  });

  test.each([
    ["as a whole URL", (path: string, host: string) => `<http://${host}${path}>; rel="next"`],
    ["without the repository's first part", (path: string) => `<${path.replace("team/", "")}>; rel="next"`],
    ["among others", (path: string) => `</v2/>; rel="first", <${path}>; title="x"; rel="next"`],
  ])("follows a link that comes %s", async (_what, toLink) => {
    const tagLink = (path: string): string => toLink(path, host);
    const repository = await serve({ tagPageSize: 10, tagLink });

    expect(await Array.fromAsync(repository.listTags())).toHaveLength(25);
  });

  test("takes all of a registry that gives more than was asked for", async () => {
    const many = Array.from({ length: 1500 }, (_, number) => `1.${number}`);
    const repository = await openOdd(() => ({ body: JSON.stringify({ tags: many }) }));

    expect(await Array.fromAsync(repository.listTags())).toHaveLength(1500);
    expect(repository.server.requests).toHaveLength(1);
  });

  test.each([
    ["a web page", "<html>"],
    ["tags that are none", `{"tags":{"a":1}}`],
  ])("refuses %s", async (_what, body) => {
    const repository = await openOdd(() => ({ body }));

    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
  });
});
