import { describe, expect, test } from "vitest";
import { makeImage, planOf } from "../../../../test/support/images.ts";
import { attachAll, makeReferrer, makeSignature, signatureTag } from "../../../../test/support/signatures.ts";
import { composeBundle } from "../bundle/compose-bundle.ts";
import type { BundleDocument } from "../bundle/document.ts";
import type { PlannedImage } from "../plan/plan.ts";
import { planImport } from "./plan-import.ts";

const REDIS = makeImage(["redis"]);
const NGINX = makeImage(["nginx"]);

function documentOf(
  references: readonly string[],
  change: (image: PlannedImage, position: number) => Partial<PlannedImage> = () => ({}),
): BundleDocument {
  const plan = planOf(references.map((reference, position) => [reference, position === 0 ? REDIS : NGINX]));
  const images = plan.images.map((image, position) => ({ ...image, ...change(image, position) }));
  return composeBundle(images, plan.manifests, { createdBy: "test" }).document;
}

function names(document: BundleDocument, ...options: Parameters<typeof planImport>[1][]): string[] {
  return planImport(document, ...options).map(({ name }) => name);
}

describe("planImport()", () => {
  test("takes the recorded targets", () => {
    expect(names(documentOf(["redis:7", "r.io/nginx:1"]))).toEqual([
      "registry.internal/library/redis:7",
      "registry.internal/nginx:1",
    ]);
  });

  test.each([
    ["other.internal:5000", "other.internal:5000/library/redis:7"],
    ["other.internal/a/b", "other.internal/a/b/library/redis:7"],
    ["other.internal/a/", "other.internal/a/library/redis:7"],
  ])("puts --to %s before the recorded repository", (to, name) => {
    expect(names(documentOf(["redis:7"]), { to })).toEqual([name]);
  });

  test("names what has no tag by its digest", () => {
    const document = documentOf([`redis@${REDIS.descriptor.digest}`]);

    expect(names(document)).toEqual([`registry.internal/library/redis@${REDIS.descriptor.digest}`]);
  });

  test("needs --to where no registry is recorded", () => {
    const document = documentOf(["redis:7"], ({ target }) => ({ target: { ...target, registry: null } }));

    expect(() => names(document)).toThrow(
      expect.objectContaining({ code: "TARGET_MISSING", hint: expect.any(String) }),
    );
    expect(names(document, { to: "other.internal" })).toEqual(["other.internal/library/redis:7"]);
  });

  test.each(["https://other.internal", "", "other.internal/UPPER"])("refuses --to %j", (to) => {
    expect(() => names(documentOf(["redis:7"]), { to })).toThrow(
      expect.objectContaining({ code: "REFERENCE_INVALID" }),
    );
  });

  test.each(["other.internal/UPPER", "other.internal:5000/team/app:1"])(
    "tells what to write for --to %j",
    (to) => {
      expect(() => names(documentOf(["redis:7"]), { to })).toThrow(
        expect.objectContaining({
          message: expect.stringContaining(`Cannot push to "${to}"`),
          hint: expect.stringContaining("without a tag"),
        }),
      );
    },
  );

  test("refuses two contents that --to would give one name", () => {
    const document = documentOf(["a.io/app:1", "b.io/app:1"], ({ target }, position) => ({
      target: { ...target, registry: `registry${position}.internal` },
    }));

    expect(() => names(document, { to: "other.internal" })).toThrow(
      expect.objectContaining({ code: "TARGET_CONFLICT", message: expect.stringContaining("b.io/app:1") }),
    );
  });

  test("plans the same content for one name once", () => {
    const document = documentOf(["a.io/x:1", "b.io/app:1", "c.io/app:1"], ({ target }, position) => ({
      target: { ...target, registry: `registry${position}.internal` },
    }));

    expect(names(document, { to: "other.internal" })).toEqual(["other.internal/x:1", "other.internal/app:1"]);
  });

  test("joins the referrers of the same content for one name", () => {
    const signature = makeSignature(REDIS.descriptor);
    const sbom = makeReferrer(REDIS.descriptor, "sbom");
    const second = makeReferrer(sbom.descriptor, "signature of the sbom");
    const held = [
      { subject: REDIS.descriptor, made: signature, tag: signatureTag(REDIS.descriptor) },
      { subject: REDIS.descriptor, made: sbom },
      { subject: sbom.descriptor, made: second },
    ];
    const plan = attachAll(
      planOf([
        ["a.io/app:1", REDIS],
        ["b.io/app:1", REDIS],
        ["c.io/app:1", REDIS],
      ]),
      held,
    );
    const images = plan.images.map((image, position) => ({
      ...image,
      target: { ...image.target, registry: `registry${position}.internal` },
      referrers: [image.referrers.slice(0, 1), image.referrers, []][position] ?? [],
      referrerStatus: position === 2 ? ("unknown" as const) : image.referrerStatus,
    }));
    const { document } = composeBundle(images, plan.manifests, { createdBy: "test" });

    const planned = planImport(document, { to: "other.internal" });

    expect(planned.map(({ image }) => image)).toMatchObject([
      {
        source: "a.io/app:1",
        referrers: held.map(({ made }) => ({ descriptor: made.descriptor })),
        referrersUnknown: true,
      },
    ]);
  });

  test("takes the tasks wanted, and refuses one that the bundle does not have", () => {
    const document = documentOf(["redis:7", "nginx:1"], (_image, position) => ({ task: `task ${position}` }));

    expect(names(document, { tasks: ["task 1"] })).toEqual(["registry.internal/library/nginx:1"]);
    expect(() => names(document, { tasks: ["task 2"] })).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining('"task 0"') }),
    );
  });
});
