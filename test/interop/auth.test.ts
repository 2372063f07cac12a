import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";
import { runPeer } from "../peers/run-peer.ts";
import { readDigest, skopeoCopy } from "../peers/skopeo.ts";
import { answerWith, writeCredentialHelper } from "../support/credential-helper.ts";
import type { BundleRun } from "../support/run-bundle.ts";
import { openSite, type Site } from "../support/site.ts";
import { makeBusyboxImages } from "./busybox-images.ts";
import { SCENE_PEERS } from "./scene.ts";

const USERNAME = "ada";
const PASSWORD = 'pass:wörd 50%"';
const WRONG = "another-password";

/** The ways to tell a password. */
const WAYS = ["an --authfile", "the selection's auth", "a variable", "a helper"] as const;
type Way = (typeof WAYS)[number];

describePeers([...SCENE_PEERS, "htpasswd"], "a docker-registry with a password", () => {
  let site: Site;
  let registry: DockerRegistry;

  const locate = (name: string): string => `docker://${registry.host}/${name}`;

  beforeAll(async () => {
    site = await openSite();
    registry = await startDockerRegistry({ user: { username: USERNAME, password: PASSWORD } });
    const images = await makeBusyboxImages(site.directory);
    const login = `--dest-creds=${USERNAME}:${PASSWORD}`;
    await skopeoCopy(images.locate("amd64"), locate("demo/busybox:1"), [login]);
    const user = ["--username", USERNAME, "--password", PASSWORD];
    const file = ["--authfile", site.path("login.json")];
    await runPeer("skopeo", ["login", "--tls-verify=false", ...file, ...user, registry.host]);
    const auths = { [registry.host]: { auth: toBase64(`${USERNAME}:${WRONG}`) } };
    await writeFile(site.path("wrong.json"), JSON.stringify({ auths }));
  });

  afterAll(async () => {
    await Promise.all([site.close(), registry.close()]);
  });

  /** Runs a command with a selection whose source and target are the registry, and a password given in this way. */
  async function run(args: readonly string[], password: string, way?: Way): Promise<BundleRun> {
    const inline = toBase64(JSON.stringify({ username: USERNAME, password }));
    const auth: Partial<Record<Way, string>> = {
      "the selection's auth": inline,
      "a variable": `\${REGISTRY_AUTH}`,
    };
    const location = { registry: registry.host, auth: (way && auth[way]) ?? "" };
    const mappings = [{ from: "demo/busybox", to: "copy/busybox", tags: ["1"] }];
    const task = { name: "copy", interval: 60, source: location, target: location, mappings };
    await writeFile(site.path("selection.yaml"), JSON.stringify({ relay: "skopeo", tasks: [task] }));
    const authFile = ["--authfile", password === PASSWORD ? "login.json" : "wrong.json"];
    const env = {
      "a variable": { REGISTRY_AUTH: inline },
      "a helper": way === "a helper" ? await installHelper(password) : {},
      "an --authfile": {},
      "the selection's auth": {},
    };
    return await site.run([...args, "-c", "selection.yaml", ...(way === "an --authfile" ? authFile : [])], {
      env: way === undefined ? {} : env[way],
    });
  }

  /** A credential helper that knows this password, and the environment in which it is found. */
  async function installHelper(password: string): Promise<Readonly<Record<string, string>>> {
    const { directory } = await writeCredentialHelper(site.directory, "ada", answerWith(USERNAME, password));
    await writeFile(site.path("config.json"), JSON.stringify({ credHelpers: { [registry.host]: "ada" } }));
    return { PATH: `${directory}:${process.env["PATH"]}`, DOCKER_CONFIG: site.directory };
  }

  test.each(WAYS)("lets us in with the password of %s", async (way) => {
    const repository = way.replaceAll(/[^a-z]/g, "");

    const exported = await run(["export", "-o", "out.tar"], PASSWORD, way);
    const imported = await run(
      ["import", "out.tar", "--to", `${registry.host}/${repository}`],
      PASSWORD,
      way,
    );

    expect(exported.exitCode, exported.stderr).toBe(0);
    expect(imported.exitCode, imported.stderr).toBe(0);
    const login = [`--creds=${USERNAME}:${PASSWORD}`];
    const digest = await readDigest(locate(`${repository}/copy/busybox:1`), login);
    expect(digest).toBe(await readDigest(locate("demo/busybox:1"), login));
  });

  test.each(WAYS)("refuses a wrong password of %s: exit 5, no secret in the output", async (way) => {
    const exported = await run(["export", "-o", "refused.tar"], WRONG, way);
    const imported = await run(["import", "out.tar"], WRONG, way);

    for (const { exitCode, stdout, stderr } of [exported, imported]) {
      const output = `${stdout.toString()}${stderr}`;
      expect(exitCode, output).toBe(5);
      expect(output).toContain(registry.host);
      expect(output).not.toContain(WRONG);
      expect(output).not.toContain(toBase64(`${USERNAME}:${WRONG}`));
      expect(output).not.toContain(toBase64(JSON.stringify({ username: USERNAME, password: WRONG })));
    }
  });

  test("refuses us without a password: exit 5", async () => {
    const { exitCode, stdout, stderr } = await run(["export", "-o", "refused.tar"], PASSWORD);

    expect(exitCode, stderr).toBe(5);
    expect(`${stdout.toString()}${stderr}`).toContain(registry.host);
  });
});

function toBase64(text: string): string {
  return Buffer.from(text).toString("base64");
}
