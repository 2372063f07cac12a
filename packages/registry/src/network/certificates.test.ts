import { execFileSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Authority,
  type IssuedCertificate,
  makeAuthority,
} from "../../../../test/peers/certificates.ts";
import { describePeers } from "../../../../test/peers/describe-peers.ts";
import { peerFile } from "../../../../test/peers/peers.ts";
import { listCertsDirectories, readHostCertificates } from "./certificates.ts";

test("listCertsDirectories() begins with the selection's and the user's own", () => {
  expect(listCertsDirectories("certs", "/home/ada")).toEqual([
    "certs",
    "/home/ada/.config/containers/certs.d",
    "/etc/containers/certs.d",
    "/etc/docker/certs.d",
    "/etc/skopeo/certs.d",
  ]);
  expect(listCertsDirectories(undefined, undefined)).toHaveLength(3);
});

describePeers(["openssl"], "readHostCertificates()", () => {
  let made: string;
  let authority: Authority;
  let client: IssuedCertificate;
  let root: string;

  beforeAll(async () => {
    made = await mkdtemp(join(tmpdir(), "certs-made-"));
    authority = await makeAuthority(made);
    client = await authority.issue("client");
    return async () => await rm(made, { recursive: true });
  });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "certs-"));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  /** Puts a copy of a file into the directory; resolves to where. */
  async function put(source: string, ...path: readonly string[]): Promise<string> {
    const file = join(root, ...path);
    await mkdir(dirname(file), { recursive: true });
    await copyFile(source, file);
    return file;
  }

  async function putText(text: string, ...path: readonly string[]): Promise<string> {
    const file = join(root, ...path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  test.each([
    ["r.io", "r.io"],
    ["r.io", "r.io:443"],
    ["r.io:443", "r.io"],
    ["r.io:5000", "r.io:5000"],
    ["r.io:5000", "r.io"],
    ["127.0.0.1:5000", "127.0.0.1"],
  ])("finds what is for %s in %s", async (host, folder) => {
    await put(authority.ca, folder, "ca.crt");
    await putText("anything", folder, "notes.txt");

    const { authorities, clients, directory } = await readHostCertificates(host, ["/nowhere", root]);

    expect(authorities).toEqual([await readFile(authority.ca, "utf8")]);
    expect(clients).toEqual([]);
    expect(directory).toBe(join(root, folder));
  });

  test.each([
    ["another host", "other.io"],
    ["another port", "r.io:5001"],
  ])("takes nothing that is for %s", async (_what, folder) => {
    await put(authority.ca, folder, "ca.crt");

    expect(await readHostCertificates("r.io:5000", [root])).toEqual({ authorities: [], clients: [] });
  });

  test("prefers the folder with the port, and the first directory", async () => {
    await put(authority.ca, "one", "r.io", "ca.crt");
    await put(authority.ca, "two", "r.io:5000", "ca.crt");
    await put(authority.ca, "one", "r.io:5000", "ca.crt");

    const found = await readHostCertificates("r.io:5000", [join(root, "one"), join(root, "two")]);

    expect(found.directory).toBe(join(root, "one", "r.io:5000"));
  });

  test("reads client certificates with their keys", async () => {
    await put(client.certificate, "r.io", "client.cert");
    await put(client.key, "r.io", "client.key");

    const { clients } = await readHostCertificates("r.io", [root]);

    expect(clients).toEqual([
      { certificate: await readFile(client.certificate, "utf8"), key: await readFile(client.key, "utf8") },
    ]);
  });

  test("refuses a certificate without its key, and a key without its certificate", async () => {
    const certificate = await put(client.certificate, "one.io", "client.cert");
    const key = await put(client.key, "two.io", "tls.key");

    await expect(readHostCertificates("one.io", [root])).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: expect.stringContaining(`${JSON.stringify(certificate)} for TLS: there is no`),
      hint: expect.stringContaining("must end with .crt"),
    });
    await expect(readHostCertificates("two.io", [root])).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: expect.stringContaining(`${JSON.stringify(key)} for TLS: there is no`),
      hint: expect.stringContaining("tls.cert"),
    });
  });

  test("refuses a key that belongs to another certificate", async () => {
    const other = await authority.issue("other");
    await put(client.certificate, "r.io", "client.cert");
    const key = await put(other.key, "r.io", "client.key");

    await expect(readHostCertificates("r.io", [root])).rejects.toThrow(
      `${JSON.stringify(key)} for TLS: it is not`,
    );
  });

  test("refuses an encrypted key", async () => {
    const arguments_ = ["pkey", "-in", client.key, "-aes256", "-passout", "pass:secret"];
    const encrypted = execFileSync(peerFile("openssl"), arguments_, { encoding: "utf8" });
    await put(client.certificate, "r.io", "client.cert");
    await putText(encrypted, "r.io", "client.key");

    await expect(readHostCertificates("r.io", [root])).rejects.toMatchObject({
      message: expect.stringContaining("the key is encrypted"),
      hint: expect.stringContaining("passphrase"),
    });
  });

  test.each([
    ["no PEM", "0\u0082\u0003", "ca.crt", /it holds no certificate in PEM form/],
    [
      "a damaged certificate",
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      "ca.crt",
      /damaged/,
    ],
  ])("refuses what is %s", async (_what, text, name, message) => {
    const file = await putText(text, "r.io", name);

    const read = readHostCertificates("r.io", [root]);

    await expect(read).rejects.toMatchObject({
      code: "FILE_FAILED",
      message: expect.stringMatching(message),
    });
    await expect(read).rejects.toThrow(JSON.stringify(file));
  });

  test("refuses what is no key", async () => {
    await put(client.certificate, "r.io", "client.cert");
    await putText("not a key", "r.io", "client.key");

    await expect(readHostCertificates("r.io", [root])).rejects.toThrow("it holds no private key in PEM form");
  });

  test("refuses a file that cannot be read", async () => {
    const file = join(root, "r.io", "ca.crt");
    await mkdir(file, { recursive: true });

    await expect(readHostCertificates("r.io", [root])).rejects.toThrow(
      `${JSON.stringify(file)} for TLS: it cannot be read (EISDIR)`,
    );
  });

  test("passes by what is no directory, and stops at one that cannot be read", async () => {
    const file = await putText("", "file");
    const loop = join(root, "r.io");
    await symlink(loop, loop);

    expect(await readHostCertificates("r.io", [file])).toEqual({ authorities: [], clients: [] });
    await expect(readHostCertificates("r.io", [root])).rejects.toThrow(
      `${JSON.stringify(loop)} for TLS: it cannot be read (ELOOP)`,
    );
  });
});
