import { contentOf, createMemoryStore, digestOf, MEDIA_TYPES } from "@airgap-bundle/core";
import { serveRegistry } from "@airgap-bundle/registry";

// A registry of its own process: `REPOSITORIES` repositories with `TAGS` tags in all, each with a manifest of its own.
// It sends its host to its parent, and at any message how many GETs there were of each manifest at most.

const [repositories = 0, tags = 0] = process.argv.slice(2).map(Number);

const blobs = ["config", "layer"].map((name) => {
  const content = Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64", name }));
  const mediaType = name === "config" ? MEDIA_TYPES.ociConfig : MEDIA_TYPES.ociLayerGzip;
  return { content, descriptor: { mediaType, digest: digestOf(content), size: content.length } };
});
const [config, layer] = blobs.map(({ descriptor }) => descriptor);

const store = createMemoryStore();
for (let number = 0; number < repositories; number++) {
  const repository = store.openRepository(`many/repository-${number}`);
  for (const { descriptor, content } of blobs) await repository.putBlob(descriptor, () => contentOf(content));
  for (let i = 0; i < tags / repositories; i++) {
    const annotations = { number: `${number}.${i}` };
    const mediaType = MEDIA_TYPES.ociManifest;
    const manifest = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer], annotations }),
    );
    const descriptor = { mediaType, digest: digestOf(manifest), size: manifest.length };
    await repository.putManifest(descriptor, manifest, { tag: `1.11.${i}` });
  }
}

const counts = new Map<string, number>();
const served = await serveRegistry(store, {
  onRequest({ method, path }) {
    const [digest] = /sha256:[0-9a-f]{64}$/.exec(path) ?? [];
    if (method === "GET" && path.includes("/manifests/") && digest !== undefined)
      counts.set(digest, (counts.get(digest) ?? 0) + 1);
  },
});
process.on("message", () =>
  process.send?.({ manifests: counts.size, most: Math.max(0, ...counts.values()) }),
);
process.on("disconnect", () => process.exit());
process.send?.(served.host);
