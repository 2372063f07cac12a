import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Authority, type IssuedCertificate, makeAuthority } from "../peers/certificates.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import { type Nginx, startNginx } from "../peers/nginx.ts";
import type { PeerName } from "../peers/peers.ts";
import { readDigest, skopeoCopy } from "../peers/skopeo.ts";
import { startTinyproxy, type Tinyproxy } from "../peers/tinyproxy.ts";
import type { BundleRun } from "../support/run-bundle.ts";
import { openSite, type Site } from "../support/site.ts";
import { makeBusyboxImages } from "./busybox-images.ts";
import { SCENE_PEERS } from "./scene.ts";

const PEERS: readonly PeerName[] = [
  ...SCENE_PEERS,
  "openssl",
  "htpasswd",
  "nginx",
  "tinyproxy",
  "nss_wrapper",
];

/** Names that nobody but the proxy knows. */
const SOURCE = "source.test";
const TARGET = "target.test";

const USER = { username: "ada", password: "open-sesame" };
const PROXY_USER = { username: "proxy-user", password: "proxy.pass-word" };
const SECRETS = [USER.password, PROXY_USER.password, "wrong-password"];

describePeers(PEERS, "an enterprise's network", () => {
  let site: Site;
  let authority: Authority;
  let stranger: Authority;
  let client: IssuedCertificate;
  let registries: readonly DockerRegistry[];
  let fronts: readonly Nginx[];
  let proxy: Tinyproxy;

  beforeAll(async () => {
    site = await openSite();
    authority = await makeAuthority(site.directory, "company");
    stranger = await makeAuthority(site.directory, "stranger");
    client = await authority.issue("client");
    const names = [SOURCE, TARGET];
    const tls = await authority.issue(
      "server",
      names.map((name) => `DNS:${name}`),
    );
    registries = [await startDockerRegistry({ user: USER }), await startDockerRegistry({ user: USER })];
    fronts = await Promise.all(
      registries.map(async ({ host }) => await startNginx({ upstream: host, tls, clientCa: authority.ca })),
    );
    proxy = await startTinyproxy({ names, user: PROXY_USER });
    const images = await makeBusyboxImages(site.directory);
    const login = `--dest-creds=${USER.username}:${USER.password}`;
    await skopeoCopy(images.locate("amd64"), `docker://${registries[0]?.host}/demo/busybox:1`, [login]);
  });

  afterAll(async () => {
    const servers = [...registries, ...fronts, proxy];
    await Promise.all([site.close(), ...servers.map(async (server) => await server.close())]);
  });

  beforeEach(async () => {
    await rm(site.path("certs"), { recursive: true, force: true });
    for (const name of [SOURCE, TARGET]) await putCertificates(name);
  });

  /** Fills the folder of a host in the directory of certificates. */
  async function putCertificates(
    name: string,
    parts: { ca?: string; hasClient?: boolean } = {},
  ): Promise<void> {
    const { ca = authority.ca, hasClient = true } = parts;
    const folder = site.path(`certs/${name}`);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await copyFile(ca, `${folder}/ca.crt`);
    if (!hasClient) return;
    await copyFile(client.certificate, `${folder}/client.cert`);
    await copyFile(client.key, `${folder}/client.key`);
  }

  /** `NAME:PORT` of a registry behind nginx. */
  function hostOf(name: string): string {
    return `${name}:${fronts[name === TARGET ? 1 : 0]?.port}`;
  }

  async function select(source: string, target: string, user: typeof USER | undefined): Promise<void> {
    const auth = user === undefined ? {} : { auth: toBase64(JSON.stringify(user)) };
    const mappings = [{ from: "demo/busybox", to: "copy/busybox", tags: ["1"] }];
    const [from, to] = [source, target].map((registry) => ({ registry, ...auth }));
    const task = { name: "copy", interval: 60, source: from, target: to, mappings };
    const selection = { relay: "skopeo", skopeo: { "certs-dir": "certs" }, tasks: [task] };
    await writeFile(site.path("selection.yaml"), JSON.stringify(selection));
  }

  interface Way {
    readonly password?: string;
    readonly proxyLogin?: string;
    readonly env?: Readonly<Record<string, string>>;
  }

  /** Runs a command between the two registries behind nginx and the proxy. */
  async function run(args: readonly string[], way: Way = {}): Promise<BundleRun> {
    const { password = USER.password, proxyLogin = "proxy-user:proxy.pass-word@" } = way;
    await select(hostOf(SOURCE), hostOf(TARGET), { ...USER, password });
    const env = way.env ?? { HTTPS_PROXY: `http://${proxyLogin}${proxy.host}` };
    return await site.run([...args, "-c", "selection.yaml"], { env });
  }

  function expectDone({ exitCode, stdout, stderr }: BundleRun): void {
    const output = `${stdout.toString()}${stderr}`;
    expect(exitCode, output).toBe(0);
    for (const secret of SECRETS) expect(output).not.toContain(secret);
  }

  function expectRefused(run: BundleRun, exitCode: number, message: RegExp): void {
    const output = `${run.stdout.toString()}${run.stderr}`;
    // A terminal's width breaks lines anywhere.
    expect(output.replaceAll(/\s+/g, " ")).toMatch(message);
    expect(run.exitCode, output).toBe(exitCode);
    for (const secret of SECRETS) expect(output).not.toContain(secret);
  }

  test("is crossed in both directions with a private authority, a client certificate, htpasswd and a proxy's password", async () => {
    expectDone(await run(["export", "-o", "all.tar"]));
    expectDone(await run(["import", "all.tar"]));

    const login = [`--creds=${USER.username}:${USER.password}`];
    const [source, target] = registries.map(({ host }) => `docker://${host}`);
    expect(await readDigest(`${target}/copy/busybox:1`, login)).toBe(
      await readDigest(`${source}/demo/busybox:1`, login),
    );
  });

  describe.each([
    ["export", ["export", "-o", "refused.tar"], SOURCE],
    ["import", ["import", "all.tar"], TARGET],
  ] as const)("refuses %s", (_what, args, name) => {
    test("without the client certificate", async () => {
      await putCertificates(name, { hasClient: false });

      expectRefused(
        await run(args),
        1,
        new RegExp(`${hostOf(name)} wants a client certificate.*certs/${hostOf(name)}`),
      );
    });

    test("with another authority", async () => {
      await putCertificates(name, { ca: stranger.ca });

      expectRefused(
        await run(args),
        1,
        new RegExp(`nobody whom this machine trusts vouches for the certificate of ${hostOf(name)}`),
      );
    });

    test("without the proxy's password", async () => {
      const refused = await run(args, { proxyLogin: "" });

      expectRefused(
        refused,
        5,
        new RegExp(`the proxy ${proxy.host} wants a user name and a password \\(407\\)`),
      );
    });

    test("with another password for the proxy", async () => {
      const refused = await run(args, { proxyLogin: "proxy-user:wrong-password@" });

      expectRefused(
        refused,
        5,
        new RegExp(`the proxy ${proxy.host} refuses this user name and password \\(40[17]\\)`),
      );
    });

    test("with another password for the registry", async () => {
      expectRefused(
        await run(args, { password: "wrong-password" }),
        5,
        new RegExp(`${hostOf(name)} as "ada"`),
      );
    });

    test("without the proxy", async () => {
      expectRefused(await run(args, { env: {} }), 1, /ENOTFOUND|EAI_AGAIN/);
    });

    test("through a proxy that nobody runs", async () => {
      const env = { HTTPS_PROXY: "http://proxy-user:wrong-password@127.0.0.1:9" };

      expectRefused(
        await run(args, { env }),
        1,
        /the proxy 127\.0\.0\.1:9 cannot be used: connect ECONNREFUSED/,
      );
    });
  });
});

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
