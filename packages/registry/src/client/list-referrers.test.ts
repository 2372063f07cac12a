import { createMemoryStore, digestOf } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { serveRegistry } from "../server/serve-registry.ts";

const SUBJECT = digestOf("subject");

const { closeAfterTest, open, openOdd } = useClients();

test("listReferrers() gives what the registry lists", async () => {
  const store = createMemoryStore();
  const { descriptor } = makeImage(["layer"]);
  const signature = makeImage(["signature"], "linux/amd64", { subject: descriptor, artifactType: "x/y" });
  await putManifest(store.openRepository("team/app"), signature, "sig");
  const served = await serveRegistry(store);
  closeAfterTest(served);
  const repository = open(served.host).openRepository("team/app");

  expect(await repository.listReferrers(descriptor.digest)).toEqual([
    { ...signature.descriptor, artifactType: "x/y" },
  ]);
  expect(await repository.listReferrers(SUBJECT)).toEqual([]);
});

test("listReferrers() of a registry that cannot is empty", async () => {
  const repository = await openOdd(() => ({ status: 404 }));

  expect(await repository.listReferrers(SUBJECT)).toEqual([]);
});

test.each(["<html>", "{}", `{"manifests":[{"mediaType":"x/y","digest":"sha256:x","size":1}]}`])(
  "listReferrers() refuses %s",
  async (body) => {
    const repository = await openOdd(() => ({ body }));

    await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
  },
);
