import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Certificates, makeCertificates } from "../peers/certificates.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import { readDigest, skopeoCopy } from "../peers/skopeo.ts";
import { openSite, type Site } from "../support/site.ts";
import { makeBusyboxImages } from "./busybox-images.ts";
import { runWell } from "./run-well.ts";
import { SCENE_PEERS } from "./scene.ts";

describePeers([...SCENE_PEERS, "openssl"], "a docker-registry whose certificate nobody knows", () => {
  let site: Site;
  let registry: DockerRegistry;
  let certificates: Certificates;

  const locate = (name: string): string => `docker://${registry.host}/${name}`;

  beforeAll(async () => {
    site = await openSite();
    certificates = await makeCertificates(site.directory);
    registry = await startDockerRegistry({ tls: certificates });
    const images = await makeBusyboxImages(site.directory);
    await skopeoCopy(images.locate("amd64"), locate("demo/busybox:1"), []);
    await select("checked.yaml", {});
    await select("certs.yaml", {}, { skopeo: { "certs-dir": "certs" } });
    await select("skipping.yaml", { "skip-tls-verify": true });
  });

  afterAll(async () => {
    await Promise.all([site.close(), registry.close()]);
  });

  afterEach(async () => {
    for (const name of ["certs", ".config"]) await rm(site.path(name), { recursive: true, force: true });
  });

  /** Source and target are the registry. */
  async function select(name: string, settings: object, top: object = {}): Promise<void> {
    const location = { registry: registry.host, ...settings };
    const mappings = [{ from: "demo/busybox", to: "copy/busybox", tags: ["1"] }];
    const task = { name: "copy", interval: 60, source: location, target: location, mappings };
    await writeFile(site.path(name), JSON.stringify({ relay: "skopeo", ...top, tasks: [task] }));
  }

  /** Puts the authority where it is looked for; resolves to nothing that is beyond it. */
  async function putAuthority(directory: string, folder: string): Promise<Settings> {
    await mkdir(site.path(`${directory}/${folder}`), { recursive: true });
    await copyFile(certificates.ca, site.path(`${directory}/${folder}/ca.crt`));
    return {};
  }

  test.each([
    ["certs-dir in the selection", "certs.yaml", async () => await putAuthority("certs", "127.0.0.1")],
    ["certs-dir and the port", "certs.yaml", async () => await putAuthority("certs", registry.host)],
    [
      "the certificates of podman",
      "checked.yaml",
      async () => await putAuthority(".config/containers/certs.d", registry.host),
    ],
    ["SSL_CERT_FILE", "checked.yaml", () => ({ env: { SSL_CERT_FILE: certificates.ca } })],
    ["NODE_EXTRA_CA_CERTS", "checked.yaml", () => ({ env: { NODE_EXTRA_CA_CERTS: certificates.ca } })],
    ["skip-tls-verify in the selection", "skipping.yaml", () => ({})],
    ["--insecure", "checked.yaml", () => ({ options: ["--insecure", registry.host] })],
  ])("is reached with %s", async (name, selection, settings: () => Settings | Promise<Settings>) => {
    const { env = {}, options = [] } = await settings();
    const repository = name.toLowerCase().replaceAll(/[^a-z]/g, "");
    const to = ["--to", `${registry.host}/${repository}`];

    await runWell(site, ["export", "-c", selection, "-o", "out.tar", ...options], { env });
    await runWell(site, ["import", "out.tar", "-c", selection, ...to, ...options], { env });

    expect(await readDigest(locate(`${repository}/copy/busybox:1`))).toBe(
      await readDigest(locate("demo/busybox:1")),
    );
  });

  test("is refused: exit 1, and a hint", async () => {
    const exported = await site.run(["export", "-c", "checked.yaml", "-o", "refused.tar"]);
    const imported = await site.run(["import", "out.tar", "-c", "checked.yaml"]);

    for (const { exitCode, stdout, stderr } of [exported, imported]) {
      const output = `${stdout.toString()}${stderr}`;
      expect(exitCode, output).toBe(1);
      expect(output).toContain(registry.host);
      expect(output).toContain("NODE_EXTRA_CA_CERTS");
    }
  });

  test("is refused under a name that is not in its certificate", async () => {
    const host = registry.host.replace("127.0.0.1", "localhost");
    const env = { NODE_EXTRA_CA_CERTS: certificates.ca };

    const run = await site.run(["import", "out.tar", "--to", host], { env });

    expect(run.exitCode).toBe(1);
    expect(`${run.stdout.toString()}${run.stderr}`).toContain("is for other names: 127.0.0.1");
  });
});

interface Settings {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}
