import { once } from "node:events";
import { createServer } from "node:net";
import { BundleError } from "@airgap-bundle/core";
import { request } from "undici";
import { expect, test } from "vitest";
import { describeFault, isCut } from "./faults.ts";
import { NetworkError } from "./network-error.ts";

const PLACE = { host: "r.io", certsDirectories: ["/home/ada/certs.d", "/etc/containers/certs.d"] };

function systemError(code: string, message = `connect ${code}`): Error {
  return Object.assign(new Error(message), { code });
}

test.each([
  ["ECONNREFUSED", "connect ECONNREFUSED", true],
  ["ENOTFOUND", "connect ENOTFOUND", true],
  ["EAI_AGAIN", "connect EAI_AGAIN", true],
  ["EHOSTUNREACH", "connect EHOSTUNREACH", true],
  ["ENETUNREACH", "connect ENETUNREACH", true],
  ["ECONNRESET", "the connection was cut", false],
  ["EPIPE", "the connection was cut", false],
  ["UND_ERR_SOCKET", "the connection was cut", false],
  ["UND_ERR_CONNECT_TIMEOUT", "no connection within the time allowed", true],
  ["UND_ERR_HEADERS_TIMEOUT", "the other side stopped answering", false],
  ["UND_ERR_BODY_TIMEOUT", "the other side stopped answering", false],
  ["UND_ERR_HEADERS_OVERFLOW", "connect UND_ERR_HEADERS_OVERFLOW", false],
  ["HPE_INVALID_CONSTANT", "connect HPE_INVALID_CONSTANT", true],
])("row 112: describeFault() tells %s as CONNECTION_FAILED", (code, message, hasHint) => {
  const cause = systemError(code);

  const fault = describeFault(cause, PLACE);

  expect(fault).toMatchObject({ code: "CONNECTION_FAILED", message, cause });
  expect((fault as NetworkError).hint !== undefined).toBe(hasHint);
});

test("describeFault() knows what undici's parser cannot read, although it has no code", async () => {
  const server = createServer((socket) => socket.end("220 mail.example ESMTP\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`;

  const cause: unknown = await request(url).catch((error: unknown) => error);
  server.close();

  expect(describeFault(cause, PLACE)).toMatchObject({
    code: "CONNECTION_FAILED",
    hint: expect.stringContaining("no web server"),
  });
});

test.each([
  ["localhost", /443 \(https\) was tried first/],
  ["localhost:5000", /^Check host and port/],
  ["[::1]", /443 \(https\) was tried first/],
  ["[::1]:5000", /^Check host and port/],
])("describeFault() says which ports of %s were tried", (host, hint) => {
  const fault = describeFault(systemError("ECONNREFUSED"), { ...PLACE, host, isTls: false });

  expect(fault).toMatchObject({ hint: expect.stringMatching(hint) });
});

test("describeFault() names the proxy", () => {
  const fault = describeFault(systemError("ECONNRESET"), { ...PLACE, via: "the proxy p.corp:8888" });

  expect(fault).toMatchObject({ message: "the connection was cut through the proxy p.corp:8888" });
});

test.each(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"])(
  "describeFault() thinks of client certificates where a connection with TLS is cut: %s",
  (code) => {
    const fault = describeFault(systemError(code), { ...PLACE, isTls: true });

    expect(isCut(fault)).toBe(true);
    expect(fault).toMatchObject({ hint: expect.stringContaining("may want a client certificate") });
  },
);

test("row 114: describeFault() looks into the errors of several addresses", () => {
  const cause = new AggregateError([systemError("ECONNREFUSED"), systemError("ENETUNREACH")], "");

  expect(describeFault(cause, PLACE)).toMatchObject({ message: "ECONNREFUSED" });
});

test.each([
  ["an abort", Object.assign(new Error("stopped"), { code: "ABORT_ERR" })],
  ["an error of ours", new BundleError("DENIED", "Cannot push")],
  ["a described one", new NetworkError("DENIED", "no")],
  ["what is no error", "odd"],
])("describeFault() leaves %s as it is", (_what, error) => {
  expect(describeFault(error, PLACE)).toBe(error);
});

const CERTS_FOLDER = "/home/ada/certs.d/r.io";

test.each([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", /nobody whom this machine trusts/, `${CERTS_FOLDER}/ca.crt`],
  ["SELF_SIGNED_CERT_IN_CHAIN", /nobody whom this machine trusts/, "NODE_EXTRA_CA_CERTS"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /nobody whom this machine trusts/, "--insecure r.io"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", /nobody whom this machine trusts/, "--insecure r.io"],
  ["CERT_HAS_EXPIRED", /has expired; this machine's clock says \d{4}-\d\d-\d\dT/, "clock is right"],
  ["CERT_NOT_YET_VALID", /is not valid yet; this machine's clock says/, "clock is right"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /r\.io answers without TLS/, "--insecure r.io"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", /r\.io answers without TLS/, "skip-tls-verify: true"],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", /no version of TLS in common/, "TLS 1.2"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", /no version of TLS in common/, "TLS 1.2"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", /wants a client certificate/, `into ${CERTS_FOLDER}`],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", /wants a client certificate/, "client.cert and client.key"],
  ["ERR_SSL_NO_SHARED_CIPHER", /the TLS handshake with r\.io failed/, "openssl s_client"],
])("rows 50, 51, 116: describeFault() tells %s as TLS_FAILED, and what helps", (code, message, hint) => {
  const cause = systemError(code);

  const fault = describeFault(cause, PLACE);

  expect(fault).toMatchObject({
    code: "TLS_FAILED",
    message: expect.stringMatching(message),
    hint: expect.stringContaining(hint),
    cause,
  });
  expect((fault as NetworkError).message).toContain(`(${code})`);
});

test("describeFault() reads what OpenSSL says behind EPROTO", () => {
  const text =
    "write EPROTO 40:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:ssl/x.c:1:";

  expect(describeFault(systemError("EPROTO", text), PLACE)).toMatchObject({
    message: "r.io answers without TLS (EPROTO)",
  });
});

test("describeFault() tells the names that a certificate is for", () => {
  const cert = { subjectaltname: "DNS:a.io, DNS:*.b.io, IP Address:10.0.0.1" };
  const error = Object.assign(systemError("ERR_TLS_CERT_ALTNAME_INVALID"), { cert });

  expect(describeFault(error, PLACE)).toMatchObject({
    message: expect.stringContaining("is for other names: a.io, *.b.io, 10.0.0.1"),
  });
  expect(describeFault(systemError("ERR_TLS_CERT_ALTNAME_INVALID"), PLACE)).toMatchObject({
    message: expect.stringContaining("it has none"),
  });
});

test("describeFault() says so where our client certificate is what is refused", () => {
  const error = systemError("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA");

  expect(describeFault(error, { ...PLACE, hasClientCertificate: true })).toMatchObject({
    message: expect.stringContaining("on account of our client certificate"),
  });
});
