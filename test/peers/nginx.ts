import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IssuedCertificate } from "./certificates.ts";
import { findFreePort, type StartedPeer, startPeer } from "./start-peer.ts";

/** What nginx stands before, and how it is reached. */
export interface NginxOptions {
  /** `127.0.0.1:PORT` without TLS, to which requests go on. */
  readonly upstream: string;
  readonly tls: IssuedCertificate;
  /** Path of the authority of which clients must have a certificate. @default they need none */
  readonly clientCa?: string;
}

/** An nginx that runs. */
export interface Nginx extends StartedPeer {
  /** Of loopback. */
  readonly port: number;
}

/** Starts nginx before a registry, as it is usually set up. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), "nginx-"));
  const port = await findFreePort();
  const config = join(directory, "nginx.conf");
  await writeFile(config, configure(directory, port, options));
  const args = ["-p", directory, "-e", "stderr", "-c", config];
  const peer = await startPeer("nginx", { args, port });
  return {
    port,
    async close() {
      await peer.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** {@link https://distribution.github.io/distribution/recipes/nginx/} */
function configure(directory: string, port: number, { upstream, tls, clientCa }: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join("\n  ");
  const client =
    clientCa === undefined ? "" : `ssl_client_certificate ${clientCa};\n    ssl_verify_client on;`;
  return `daemon off;
master_process off;
pid ${directory}/nginx.pid;
events {}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${tls.certificate};
    ssl_certificate_key ${tls.key};
    ${client}
    client_max_body_size 0;
    location / {
      proxy_pass http://${upstream};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_request_buffering off;
      proxy_http_version 1.1;
    }
  }
}
`;
}
