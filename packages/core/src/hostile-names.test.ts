import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDigest, parseDigest } from "./digest.ts";
import { isBundleError } from "./error.ts";
import { selectTags } from "./filter/select-tags.ts";
import { parseTagFilter } from "./filter/tag-filter.ts";
import { formatPlatform, matchesPlatform, normalizePlatform, parsePlatform } from "./platform.ts";
import {
  formatReference,
  isRegistryHost,
  isRepository,
  isTag,
  joinRepositoryName,
  normalizeRegistry,
  parseReference,
} from "./reference.ts";

/** Any text, and text that comes near to a name. */
const TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom(..."aZ09._-/:@[]%?#&\\~ \n\u0000\u001b\u202e\u00e9\u212a"),
    maxLength: 60,
  }),
);

const HOST = fc.constantFrom(
  "quay.io",
  "localhost:5000",
  "docker.io",
  "index.docker.io",
  "10.0.0.1:443",
  "[::1]:80",
  "R.IO",
);
const PATH = fc.stringMatching(/^[a-z0-9]{1,5}(?:[._/-][a-z0-9]{1,5}){0,4}$/);
const TAG = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/);
const HEX = fc.stringMatching(/^[0-9a-f]{64}$/);

/** What work gives; undefined if it refuses. @throws whatever is no refusal */
function refusable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isBundleError(error)) return undefined;
    throw error;
  }
}

/** Nothing that could steer a terminal, leave a path or be taken for another letter. */
const PLAIN = /^[!-~]*$/;

describe("names from files and registries", () => {
  test("parseReference() refuses or gives plain names, whatever the text", () => {
    fc.assert(
      fc.property(TEXT, (text) => {
        const reference = refusable(() => parseReference(text));
        if (reference === undefined) return;
        expect(formatReference(reference)).toMatch(PLAIN);
        expect(reference.repository.split("/")).not.toContain("..");
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
      { numRuns: 1000 },
    );
  });

  test("parseReference() reads what formatReference() writes", () => {
    const digest = fc.option(HEX, { nil: undefined });
    fc.assert(
      fc.property(HOST, PATH, fc.option(TAG, { nil: undefined }), digest, (host, path, tag, hex) => {
        const name = refusable(() => joinRepositoryName(host, path));
        if (name === undefined) return;
        const reference = {
          ...name,
          ...(tag === undefined ? {} : { tag }),
          ...(hex === undefined ? {} : { digest: `sha256:${hex}` }),
        };
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });

  test("joinRepositoryName() refuses or gives a host and a repository that stay the same", () => {
    fc.assert(
      fc.property(fc.oneof(HOST, TEXT), fc.oneof(PATH, TEXT), (host, path) => {
        const name = refusable(() => joinRepositoryName(host, path));
        if (name === undefined) return;
        expect(isRegistryHost(name.registry) && isRepository(name.repository)).toBe(true);
        expect(joinRepositoryName(name.registry, name.repository)).toEqual(name);
      }),
      { numRuns: 500 },
    );
  });

  test("a host of a registry is the host of its URL, and nothing else in it", () => {
    fc.assert(
      fc.property(fc.oneof(HOST, TEXT), (text) => {
        if (!isRegistryHost(text)) return;
        expect(text).toMatch(PLAIN);
        const { username, password, pathname, search, hash } = new URL(`https://${normalizeRegistry(text)}`);
        expect([username, password, pathname, search, hash]).toEqual(["", "", "/", "", ""]);
      }),
      { numRuns: 1000 },
    );
  });

  test("isTag(), isRepository() and isDigest() take nothing but plain text", () => {
    fc.assert(
      fc.property(TEXT, (text) => {
        if (isTag(text) || isRepository(text) || isDigest(text)) expect(text).toMatch(/^[\w./:-]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("isDigest() says whether parseDigest() refuses", () => {
    const digest = fc.tuple(fc.constantFrom("sha256", "sha512", "SHA256", "md5", ""), fc.oneof(HEX, TEXT));
    fc.assert(
      fc.property(
        fc.oneof(
          TEXT,
          digest.map((parts) => parts.join(":")),
        ),
        (text) => {
          const parts = refusable(() => parseDigest(text));
          expect(isDigest(text)).toBe(parts !== undefined);
          if (parts !== undefined) expect(`${parts.algorithm}:${parts.hex}`).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a name as long as a file refuses fast", () => {
    for (const text of [
      "a".repeat(1e6),
      "a.".repeat(5e5),
      "a--".repeat(3e5),
      "a/".repeat(5e5),
      "1:".repeat(5e5),
    ]) {
      for (const tail of ["", "!", ":", "/", "@"]) {
        expect(refusable(() => parseReference(`${text}${tail}`))).toBeUndefined();
        expect(isTag(text) || isRepository(text) || isDigest(text)).toBe(false);
      }
    }
  });
});

describe("platforms", () => {
  test("parsePlatform() refuses or gives a platform that it reads again", () => {
    const near = fc.array(
      fc.constantFrom("linux", "ARM64", "x86_64", "v8", "all", "unknown", "/", "\u212a", ""),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          TEXT,
          near.map((parts) => parts.join("")),
        ),
        (text) => {
          const platform = refusable(() => parsePlatform(text));
          if (platform === undefined) return;
          expect(formatPlatform(platform)).toMatch(PLAIN);
          expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
          expect(matchesPlatform(platform, platform)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("normalizePlatform() may be repeated, whatever an index says", () => {
    fc.assert(
      fc.property(TEXT, TEXT, fc.option(TEXT, { nil: undefined }), (os, architecture, variant) => {
        const once = normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
        expect(normalizePlatform(once)).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });
});

describe("tag filters", () => {
  const piece = fc.constantFrom(
    "semver:",
    "regex:",
    "keep:",
    " latest ",
    "5",
    ">=",
    "1.2.3",
    "||",
    "^",
    "(",
    ")*",
    "a",
    "[",
    "\\",
    "@sha256:",
    "!",
    "\t",
  );
  const item = fc.oneof(
    TEXT,
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join("")),
  );

  test("parseTagFilter() tells instead of throwing, and what it takes selects only what is there or named", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 4 }), (items) => {
        const { filter, problems } = parseTagFilter(items);
        expect(filter === undefined).toBe(problems.length > 0);
        if (filter === undefined) return;
        const tags = ["1.2.3", "latest", "v1", "a"];
        const named = filter.items.flatMap((one) => (one.kind === "verbatim" ? [one.reference] : []));
        for (const { reference } of selectTags(filter, tags))
          expect([...named, ...tags.map((tag) => ({ tag }))]).toContainEqual(reference);
      }),
      { numRuns: 500 },
    );
  });

  test("a pattern that makes backtracking explode is matched in linear time", () => {
    const { filter } = parseTagFilter(["regex: (a*)*(a|aa)+$"]);

    expect(filter && selectTags(filter, [`${"a".repeat(127)}!`])).toEqual([]);
  });
});
