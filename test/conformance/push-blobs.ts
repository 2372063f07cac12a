import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import {
  bodyOf,
  type ConformanceCase,
  digestBy,
  expectAbsent,
  expectContent,
  expectRefusal,
  finishUpload,
  locationOf,
  OCTET_STREAM,
  pushBlob,
  startUpload,
  type Talk,
} from "./talk.ts";

/** New to every registry, so that it cannot be there yet. */
const BLOB = randomBytes(3000);
const CHUNKS = [BLOB.subarray(0, 1024), BLOB.subarray(1024, 2048), BLOB.subarray(2048)] as const;
const RANGES = ["0-1023", "1024-2047", "2048-2999"] as const;
const OTHER = Buffer.from("another blob");

async function sendChunk(talk: Talk, location: string, chunk: 0 | 1 | 2): Promise<Response> {
  return await talk.send("PATCH", location, {
    headers: { ...OCTET_STREAM, "content-range": RANGES[chunk] },
    body: bodyOf(CHUNKS[chunk]),
  });
}

/** A chunk that must be taken; returns where to go on. */
async function addChunk(talk: Talk, location: string, chunk: 0 | 1 | 2): Promise<string> {
  const response = await sendChunk(talk, location, chunk);
  expect(response.status).toBe(202);
  expect(response.headers.get("range")).toBe(`0-${RANGES[chunk].split("-")[1]}`);
  return locationOf(response);
}

/** Asks how far a session is; returns where to go on. */
async function expectProgress(talk: Talk, location: string, range: string): Promise<string> {
  const response = await talk.send("GET", location);
  expect(response.status).toBe(204);
  expect(response.headers.get("range")).toBe(range);
  return locationOf(response);
}

async function streamBlob(talk: Talk, content: Uint8Array): Promise<string> {
  const body = ReadableStream.from([content.subarray(0, 100), content.subarray(100)]);
  const response = await talk.send("PATCH", await startUpload(talk), {
    headers: OCTET_STREAM,
    body,
    duplex: "half",
  });
  expect(response.status).toBe(202);
  return locationOf(response);
}

async function postBlob(talk: Talk, content: Uint8Array, digest: string): Promise<Response> {
  const path = `blobs/uploads/?digest=${digest}`;
  return await talk.send("POST", path, { headers: OCTET_STREAM, body: bodyOf(content) });
}

/** Ways in which a blob's content can be sent, each to the answer that tells whether it is stored. */
const WAYS: Readonly<Record<string, (talk: Talk, content: Uint8Array, digest: string) => Promise<Response>>> =
  {
    "a POST and a PUT request": async (talk, content, digest) =>
      await finishUpload(talk, await startUpload(talk), { digest, content }),
    "a single POST request": postBlob,
    "a streamed PATCH request": async (talk, content, digest) =>
      await finishUpload(talk, await streamBlob(talk, content), { digest }),
  };

async function expectBlob(talk: Talk, response: Response, digest: string): Promise<void> {
  expect(response.status).toBe(201);
  await expectContent(talk, locationOf(response), BLOB);
  const { headers } = await expectContent(talk, `blobs/${digest}`, BLOB);
  expect(headers.get("docker-content-digest")).toBe(digest);
}

function casesOf(algorithm: string): readonly ConformanceCase[] {
  const digest = digestBy(algorithm, BLOB);
  const wrong = digestBy(algorithm, OTHER);
  const name = (text: string): string => `${text}: ${algorithm}`;
  return [
    ...Object.entries(WAYS).map(([way, push]) => ({
      name: name(`A blob is pushed with ${way}`),
      run: async (talk: Talk): Promise<void> =>
        await expectBlob(talk, await push(talk, BLOB, digest), digest),
    })),
    ...Object.entries(WAYS).map(([way, push]) => ({
      name: name(`The digest MUST match the blob's digest: ${way}`),
      async run(talk: Talk): Promise<void> {
        const response = await push(talk, BLOB, wrong);

        await expectRefusal(response, [400], ["DIGEST_INVALID"]);
        await expectAbsent(talk, `blobs/${wrong}`);
        await expectAbsent(talk, `blobs/${digest}`);
      },
    })),
    {
      name: name("The final chunk MAY be uploaded using a PATCH request"),
      async run(talk) {
        let location = await startUpload(talk);
        for (const chunk of [0, 1, 2] as const) location = await addChunk(talk, location, chunk);

        await expectBlob(talk, await finishUpload(talk, location, { digest }), digest);
      },
    },
    {
      name: name("The final chunk MAY be uploaded in the closing PUT request"),
      async run(talk) {
        let location = await startUpload(talk);
        for (const chunk of [0, 1] as const) location = await addChunk(talk, location, chunk);

        const ending = { digest, content: CHUNKS[2], range: RANGES[2] };
        await expectBlob(talk, await finishUpload(talk, location, ending), digest);
      },
    },
  ];
}

/** {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs} */
export const PUSH_BLOB_CASES: readonly ConformanceCase[] = [
  ...casesOf("sha256"),
  ...casesOf("sha512"),
  {
    name: "If a chunk is uploaded out of order, the registry MUST respond with 416",
    async run(talk) {
      const digest = digestBy("sha256", BLOB);
      const start = await startUpload(talk);

      const early = await sendChunk(talk, start, 1);
      expect(early.status).toBe(416);
      const second = await addChunk(talk, await expectProgress(talk, start, "0-0"), 0);
      const repeated = await sendChunk(talk, second, 0);
      expect(repeated.status).toBe(416);
      const third = await addChunk(talk, await expectProgress(talk, second, "0-1023"), 1);
      const last = await finishUpload(talk, third, { digest, content: CHUNKS[0], range: RANGES[0] });
      expect(last.status).toBe(416);

      const end = await expectProgress(talk, third, "0-2047");
      const ending = { digest, content: CHUNKS[2], range: RANGES[2] };
      await expectBlob(talk, await finishUpload(talk, end, ending), digest);
    },
  },
  {
    name: "A wrong digest of chunks is answered with 400",
    async run(talk) {
      const location = await addChunk(talk, await startUpload(talk), 0);

      const response = await finishUpload(talk, location, { digest: digestBy("sha256", BLOB) });

      await expectRefusal(response, [400], ["DIGEST_INVALID"]);
    },
  },
  {
    name: "The closing PUT request MUST include the digest",
    async run(talk) {
      const response = await talk.send("PUT", await startUpload(talk));

      await expectRefusal(response, [400], ["DIGEST_INVALID"]);
    },
  },
  {
    name: "A session that is not known is answered with 404",
    async run(talk) {
      const location = await startUpload(talk);
      const gone = await talk.send("DELETE", location);
      expect(gone.status).toBe(204);

      for (const method of ["GET", "PATCH"]) {
        await expectRefusal(await talk.send(method, location), [404], ["BLOB_UPLOAD_UNKNOWN"]);
      }
      const ended = await finishUpload(talk, location, { digest: digestBy("sha256", BLOB), content: BLOB });
      await expectRefusal(ended, [404], ["BLOB_UPLOAD_UNKNOWN"]);
    },
  },
  {
    name: "During a blob upload, the session may be canceled with a DELETE request",
    async run(talk) {
      const location = await addChunk(talk, await startUpload(talk), 0);

      const response = await talk.send("DELETE", location);

      expect(response.status).toBe(204);
      await expectAbsent(talk, location);
    },
  },
  {
    name: "The POST request MAY name the digest's algorithm with digest-algorithm",
    async run(talk) {
      const digest = digestBy("sha512", BLOB);
      const opened = await talk.send("POST", "blobs/uploads/?digest-algorithm=sha512");
      expect(opened.status).toBe(202);

      const response = await finishUpload(talk, locationOf(opened), { digest, content: BLOB });

      await expectBlob(talk, response, digest);
    },
  },
  {
    name: "An algorithm that is not supported is answered with 400",
    async run(talk) {
      const opened = await talk.send("POST", "blobs/uploads/?digest-algorithm=md5");
      const ended = await finishUpload(talk, await startUpload(talk), { digest: digestBy("md5", BLOB) });

      await expectRefusal(opened, [400], ["DIGEST_INVALID"]);
      await expectRefusal(ended, [400], ["DIGEST_INVALID"]);
    },
  },
  {
    name: "The response to a successful mount MUST be 201 Created",
    async run(talk) {
      const digest = await pushBlob(talk, BLOB);
      const path = `/v2/${talk.otherRepository}/blobs/uploads/?mount=${digest}&from=${talk.repository}`;

      const response = await talk.send("POST", path);

      expect(response.status).toBe(201);
      expect(new URL(locationOf(response)).pathname).toBe(`/v2/${talk.otherRepository}/blobs/${digest}`);
      await expectContent(talk, locationOf(response), BLOB);
    },
  },
  {
    name: "The registry MAY treat the from parameter as optional",
    async run(talk) {
      const digest = await pushBlob(talk, BLOB);

      const response = await talk.send("POST", `/v2/${talk.otherRepository}/blobs/uploads/?mount=${digest}`);

      expect(response.status).toBe(201);
      await expectContent(talk, locationOf(response), BLOB);
    },
  },
  ...[
    ["the blob is not there", "&from=REPOSITORY"],
    ["the repository is not there", "&from=conformance/nowhere"],
    ["the blob is nowhere", ""],
  ].map(([what, from = ""]) => ({
    name: `If a registry is unable to mount the blob, it SHOULD return 202: ${what}`,
    async run(talk: Talk): Promise<void> {
      const content = randomBytes(100);
      const digest = digestBy("sha256", content);
      const query = `mount=${digest}${from.replace("REPOSITORY", talk.otherRepository)}`;

      const response = await talk.send("POST", `blobs/uploads/?${query}`);

      expect(response.status).toBe(202);
      const ended = await finishUpload(talk, locationOf(response), { digest, content });
      expect(ended.status).toBe(201);
      await expectContent(talk, locationOf(ended), content);
    },
  })),
];
