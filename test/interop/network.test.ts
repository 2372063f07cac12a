import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Authority, makeAuthority } from "../peers/certificates.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import { type Nginx, startNginx } from "../peers/nginx.ts";
import { readDigest, skopeoCopy } from "../peers/skopeo.ts";
import { startTinyproxy, type Tinyproxy } from "../peers/tinyproxy.ts";
import type { BundleRun } from "../support/run-bundle.ts";
import { openSite, type Site, type SiteRunOptions } from "../support/site.ts";
import { makeBusyboxImages } from "./busybox-images.ts";
import { SCENE_PEERS } from "./scene.ts";

/** A name that nobody but the proxy knows. */
const NAME = "registry.test";

describePeers([...SCENE_PEERS, "openssl", "nginx", "tinyproxy", "nss_wrapper"], "one thing alone", () => {
  let site: Site;
  let authority: Authority;
  let registry: DockerRegistry;
  let front: Nginx;
  let proxy: Tinyproxy;

  const locate = (name: string): string => `docker://${registry.host}/${name}`;

  beforeAll(async () => {
    site = await openSite();
    authority = await makeAuthority(site.directory);
    const tls = await authority.issue("server", ["IP:127.0.0.1"]);
    registry = await startDockerRegistry();
    front = await startNginx({ upstream: registry.host, tls, clientCa: authority.ca });
    proxy = await startTinyproxy({ names: [NAME] });
    const images = await makeBusyboxImages(site.directory);
    await skopeoCopy(images.locate("amd64"), locate("demo/busybox:1"), []);
  });

  afterAll(async () => {
    const opened = [site, registry, front, proxy];
    await Promise.all(opened.map(async (one) => await one.close()));
  });

  /** Exports from this registry and imports into another repository of it. */
  async function copy(
    host: string,
    to: string,
    options: SiteRunOptions,
    ...flags: string[]
  ): Promise<BundleRun> {
    const mappings = [{ from: "demo/busybox", to, tags: ["1"] }];
    const task = {
      name: "copy",
      interval: 60,
      source: { registry: host },
      target: { registry: host },
      mappings,
    };
    await writeFile(site.path("selection.yaml"), JSON.stringify({ relay: "skopeo", tasks: [task] }));
    const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", ...flags], options);
    if (exported.exitCode !== 0) return exported;
    return await site.run(["import", "out.tar", "-c", "selection.yaml", ...flags], options);
  }

  async function expectCopied(run: BundleRun, to: string): Promise<void> {
    expect(run.exitCode, run.stderr).toBe(0);
    expect(await readDigest(locate(`${to}:1`))).toBe(await readDigest(locate("demo/busybox:1")));
  }

  test("client certificates: podman's folder for the host holds what nginx wants", async () => {
    const host = `127.0.0.1:${front.port}`;
    const folder = site.path(`.config/containers/certs.d/${host}`);
    await mkdir(folder, { recursive: true });
    await copyFile(authority.ca, `${folder}/ca.crt`);
    const { certificate, key } = await authority.issue("client");
    await copyFile(certificate, `${folder}/client.cert`);
    await copyFile(key, `${folder}/client.key`);

    await expectCopied(await copy(host, "copy/client", {}), "copy/client");

    const stranger = await (await makeAuthority(site.directory, "stranger")).issue("other");
    await copyFile(stranger.certificate, `${folder}/client.cert`);
    await copyFile(stranger.key, `${folder}/client.key`);
    const refused = await copy(host, "copy/stranger", {});
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr + refused.stdout.toString()).toContain(`${host} refuses our client certificate`);
  });

  test("a proxy: without TLS, requests go through it with their whole URL", async () => {
    const host = `${NAME}:${registry.host.replace("127.0.0.1:", "")}`;
    const env = { http_proxy: `http://${proxy.host}`, https_proxy: `http://${proxy.host}` };

    await expectCopied(await copy(host, "copy/proxied", { env }, "--insecure", host), "copy/proxied");
    const direct = await copy(host, "copy/direct", { env: { ...env, no_proxy: NAME } }, "--insecure", host);

    expect(direct.exitCode).toBe(1);
    expect(direct.stderr + direct.stdout.toString()).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test("a proxy that cannot reach the registry is named", async () => {
    const env = { HTTPS_PROXY: `http://${proxy.host}` };

    const { exitCode, stdout, stderr } = await copy("nobody.test", "copy/nobody", { env });

    expect(exitCode).toBe(1);
    expect(stderr + stdout.toString()).toContain(
      `the proxy ${proxy.host} has no connection to nobody.test:443`,
    );
  });
});
