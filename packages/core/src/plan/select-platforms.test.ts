import { describe, expect, test } from "vitest";
import {
  contentsOf,
  graphOf,
  type MadeManifest,
  makeAttestation,
  makeImage,
  makeIndex,
} from "../../../../test/support/images.ts";
import { digestOf } from "../hash.ts";
import { type PlatformSelection, selectPlatforms } from "./select-platforms.ts";

const AMD64 = makeImage(["amd64"]);
const ARM64 = makeImage(["arm64"], "linux/arm64/v8");
const ARM_V6 = makeImage(["arm v6"], "linux/arm/v6");
const ARM_V7 = makeImage(["arm v7"], "linux/arm/v7");
const WINDOWS = makeImage(["windows"], "windows/amd64");
const ATTESTATIONS = [AMD64, ARM64].map(makeAttestation);
const ANNOTATIONS = { "org.opencontainers.image.version": "7.2" };
const INDEX = makeIndex([AMD64, ARM64, ARM_V6, ARM_V7, WINDOWS, ...ATTESTATIONS], {
  annotations: ANNOTATIONS,
});

function select(root: MadeManifest, ...platforms: readonly string[]): PlatformSelection {
  return selectPlatforms(root.descriptor, platforms, graphOf([root]), contentsOf([root]));
}

interface IndexContent {
  readonly text: string;
  readonly document: { readonly manifests: readonly { readonly digest: string }[] };
}

/** The root of a selection that is an index made for it. */
function readRoot({ root, filtered }: PlatformSelection): IndexContent {
  const made = filtered.find(({ descriptor }) => descriptor.digest === root.digest);
  const text = Buffer.from(made?.content ?? "").toString();
  expect(root).toMatchObject({ digest: digestOf(text), size: Buffer.byteLength(text) });
  return { text, document: JSON.parse(text) as IndexContent["document"] };
}

function digestsOf(made: readonly MadeManifest[]): string[] {
  return made.map(({ descriptor }) => descriptor.digest);
}

describe("selectPlatforms()", () => {
  test.each([
    ["linux/amd64", AMD64],
    ["linux/arm64", ARM64],
    ["linux/arm/v7", ARM_V7],
    ["windows/amd64", WINDOWS],
  ])("gives the one manifest for %s itself", (platform, image) => {
    expect(select(INDEX, platform)).toStrictEqual({
      root: image.descriptor,
      platforms: [platform],
      filtered: [],
    });
  });

  test("keeps the entries of several platforms in the index's order, with the attestations of each", () => {
    const selection = select(INDEX, "linux/arm64", "linux/amd64");

    const { document } = readRoot(selection);
    expect(document.manifests.map(({ digest }) => digest)).toEqual(
      digestsOf([AMD64, ARM64, ...ATTESTATIONS]),
    );
    expect(selection.platforms).toEqual(["linux/arm64", "linux/amd64"]);
    expect(selection.root.mediaType).toBe(INDEX.descriptor.mediaType);
  });

  test("leaves the attestations of what is left out", () => {
    const { document } = readRoot(select(INDEX, "linux/amd64", "windows/amd64"));

    expect(document.manifests.map(({ digest }) => digest)).toEqual(
      digestsOf([AMD64, WINDOWS, ...ATTESTATIONS.slice(0, 1)]),
    );
  });

  test("keeps unknown fields and the order of all fields, without white space", () => {
    const entry = {
      zeta: [1, { a: null }],
      platform: { os: "linux", architecture: "amd64", "os.features": ["x"] },
    };
    const index = makeIndex([{ ...AMD64, entry }, ARM64, WINDOWS], {
      unknown: { b: 1, a: "ä" },
      annotations: ANNOTATIONS,
    });

    const { text } = readRoot(select(index, "linux/amd64", "linux/arm64"));

    const original = JSON.parse(index.content.toString()) as { manifests: unknown[] };
    expect(text).toBe(JSON.stringify({ ...original, manifests: original.manifests.slice(0, 2) }));
  });

  test("takes every variant of a platform that names none", () => {
    const { document } = readRoot(select(INDEX, "linux/arm"));

    expect(document.manifests.map(({ digest }) => digest)).toEqual(digestsOf([ARM_V6, ARM_V7]));
  });

  test.each([
    ["all", ["all"]],
    ["all among others", ["linux/amd64", "all"]],
  ])("takes the index whole for %s", (_what, platforms) => {
    expect(select(INDEX, ...platforms)).toStrictEqual({
      root: INDEX.descriptor,
      platforms: ["all"],
      filtered: [],
    });
  });

  test("takes an index whole that names no platforms", () => {
    const index = makeIndex([{ ...AMD64, entry: {} }, makeImage(["x"], "unknown/unknown")]);

    expect(select(index, "linux/amd64")).toMatchObject({
      root: index.descriptor,
      platforms: ["all"],
      filtered: [],
    });
  });

  test("takes an index whole that is empty", () => {
    const index = makeIndex([]);

    expect(select(index, "linux/amd64")).toMatchObject({ root: index.descriptor, filtered: [] });
  });

  test("gives the index itself where nothing would be left out", () => {
    const index = makeIndex([AMD64, ARM64, ...ATTESTATIONS]);

    const selection = select(index, "linux/amd64", "linux/arm64");

    expect(selection).toStrictEqual({
      root: index.descriptor,
      platforms: ["linux/amd64", "linux/arm64"],
      filtered: [],
    });
  });

  test("gives a single image as it is, for any platform", () => {
    expect(select(ARM64, "linux/amd64").root).toStrictEqual(ARM64.descriptor);
  });

  test.each([
    ["no match", ["linux/s390x"], "linux/s390x"],
    ["a match for one of two", ["linux/amd64", "linux/arm64/v9"], "linux/arm64/v9"],
  ])("fails with the list of what there is where there is %s", (_what, platforms, missing) => {
    const names = "linux/amd64, linux/arm64, linux/arm/v6, linux/arm/v7, windows/amd64";

    expect(() => select(INDEX, ...platforms)).toThrow(
      expect.objectContaining({
        code: "PLATFORM_UNKNOWN",
        message: `Cannot take ${missing} from index ${INDEX.descriptor.digest}: it has no ${missing}, only ${names}`,
      }),
    );
  });

  test("finds the one manifest in a nested index", () => {
    const index = makeIndex([makeIndex([ARM64, WINDOWS]), makeIndex([makeIndex([AMD64])])]);

    expect(select(index, "linux/amd64").root).toStrictEqual(AMD64.descriptor);
  });

  test("filters nested indexes, the innermost first, and leaves out those without a match", () => {
    const inner = makeIndex([ARM64, WINDOWS]);
    const whole = makeIndex([ARM_V7]);
    const index = makeIndex([makeIndex([inner, ARM_V6]), AMD64, makeIndex([WINDOWS]), whole]);

    const selection = select(index, "linux/amd64", "linux/arm64", "linux/arm/v7");

    const [first, second, third] = selection.filtered.map(({ descriptor, content }) => ({
      digest: descriptor.digest,
      children: (JSON.parse(Buffer.from(content).toString()) as IndexContent["document"]).manifests.map(
        ({ digest }) => digest,
      ),
    }));
    expect(selection.filtered).toHaveLength(3);
    expect(first?.children).toEqual(digestsOf([ARM64]));
    expect(second?.children).toEqual([first?.digest]);
    expect(third?.children).toEqual([second?.digest, ...digestsOf([AMD64, whole])]);
    expect(third?.digest).toBe(selection.root.digest);
    expect(readRoot(selection).document.manifests[0]).toMatchObject({
      size: selection.filtered[1]?.content.length,
    });
  });

  test("refuses to filter an index whose bytes it does not have", () => {
    expect(() => selectPlatforms(INDEX.descriptor, ["linux/arm"], graphOf([INDEX]), new Map())).toThrow(
      RangeError,
    );
  });
});
