import { parseArgs } from "node:util";
import { createMemoryStore } from "@airgap-bundle/core";
import { serveRegistry } from "@airgap-bundle/registry";

// A registry that is empty at first and gone with its process: for conformance suites and for trying things out.

const { values } = parseArgs({ options: { port: { type: "string", default: "5000" } } });

const registry = await serveRegistry(createMemoryStore(), {
  port: Number(values.port),
  onRequest: ({ method, path, status }) => process.stderr.write(`${status} ${method} ${path}\n`),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});
process.stdout.write(`${registry.url}\n`);
