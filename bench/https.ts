import { execFileSync, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { measure, type Measurement } from './load.ts';
import { freePort, spawnOn, stop, untilListening, type Server, type StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/**
 * Compares Porthole's own HTTPS with nginx, which terminates TLS in front of Porthole's plain HTTP.
 *
 * The viewers speak plain HTTP. A second nginx, on their core and not measured, turns each of their connections into a
 * TLS connection (1.3, with the cipher that both servers negotiate).
 *
 * @param viewers how many viewers each row has
 * @returns a Markdown table, or a line that says why HTTPS was not measured
 */
export async function https(tools: Tools, startPorthole: StartPorthole, viewers: readonly number[]): Promise<string> {
  const modules = '/usr/lib/nginx/modules/ngx_stream_module.so';
  if (spawnSync('nginx', ['-v']).status !== 0 || spawnSync('test', ['-e', modules]).status !== 0) {
    return 'HTTPS was not measured: nginx (Debian: nginx-light, libnginx-mod-stream) is not installed.';
  }
  const lines = [
    '| viewers | server | frames/s worst | latency p50 ms | p99 ms | CPU ms/s | × HTTP |',
    '| ---: | --- | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const count of viewers) {
    let plain = NaN;
    for (const start of [overHttp, overHttps, behindNginx]) {
      await using server = await start(tools, startPorthole);
      await sleep(3_000);
      const result = await measure(server, tools, { viewers: count, seconds: 8, warmup: 12, open: true });
      if (start === overHttp) plain = result.cpuMsPerSecond;
      lines.push(row(count, result, plain));
    }
  }
  return lines.join('\n');
}

function row(viewers: number, result: Measurement, plain: number): string {
  const { server, fps_min: worst, lat_p50: median, lat_p99: late, cpuMsPerSecond: cpu } = result;
  const cells = [
    viewers,
    server,
    worst.toFixed(1),
    median.toFixed(1),
    late.toFixed(1),
    cpu.toFixed(0),
    (cpu / plain).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function overHttp(tools: Tools, startPorthole: StartPorthole): Promise<Server> {
  return { ...(await startPorthole(tools)), name: 'Porthole, HTTP' };
}

async function overHttps(tools: Tools, startPorthole: StartPorthole): Promise<Server> {
  const { certificate, key } = selfSigned(tools);
  const server = await startPorthole(tools, ['--tls-cert', certificate, '--tls-key', key]);
  const viewers = await startNginx(tools, 1, (port) => unwrapping(port, server.port));
  return together(server, 'Porthole, HTTPS', [], viewers);
}

async function behindNginx(tools: Tools, startPorthole: StartPorthole): Promise<Server> {
  const server = await startPorthole(tools);
  const proxy = await startNginx(tools, 0, (port) => proxying(port, server.port, selfSigned(tools)));
  const viewers = await startNginx(tools, 1, (port) => unwrapping(port, proxy.port));
  return together(server, 'nginx, HTTPS, in front of Porthole, HTTP', [proxy], viewers);
}

/** Combines programs into one server: those whose CPU time counts, and the nginx that viewers connect to. */
function together(server: Server, name: string, counted: readonly Nginx[], viewers: Nginx): Server {
  return {
    ...server,
    name,
    port: viewers.port,
    pids: [...server.pids, ...counted.map(({ child }) => child.pid as number)],
    [Symbol.asyncDispose]: async () => {
      for (const { child } of [viewers, ...counted]) await stop(child);
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Nginx {
  readonly child: ChildProcess;
  readonly port: number;
}

async function startNginx(tools: Tools, core: number, configuration: (port: number) => string): Promise<Nginx> {
  const port = await freePort();
  const folder = mkdtempSync(join(tools.folder, 'nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
events { worker_connections 8192; }
${configuration(port)}`,
  );
  const command = ['nginx', '-p', folder, '-e', join(folder, 'log'), '-c', file];
  const child = spawnOn(core, command, { stdio: 'ignore' });
  try {
    await untilListening('nginx', port, child);
  } catch (error) {
    throw new Error(readFileSync(join(folder, 'log'), 'utf8'), { cause: error });
  }
  return { child, port };
}

/** Configures nginx to forward plain connections over TLS. */
function unwrapping(port: number, target: number): string {
  return `stream { server {
  listen 127.0.0.1:${port} backlog=4096; proxy_pass 127.0.0.1:${target};
  proxy_ssl on; proxy_ssl_protocols TLSv1.3; proxy_buffer_size 64k;
} }`;
}

/** Configures nginx to terminate TLS as docs/running.md says, without buffering. fanload does not read chunked bodies. */
function proxying(port: number, target: number, { certificate, key }: { certificate: string; key: string }): string {
  return `http { access_log off; server {
  listen 127.0.0.1:${port} ssl backlog=4096; ssl_protocols TLSv1.3;
  ssl_certificate ${certificate}; ssl_certificate_key ${key};
  location / {
    proxy_pass http://127.0.0.1:${target}; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;
    proxy_set_header Host $host; proxy_buffer_size 64k; proxy_buffers 8 64k; chunked_transfer_encoding off;
  }
} }`;
}

/** Creates a certificate for localhost. */
function selfSigned({ folder }: Tools): { certificate: string; key: string } {
  const certificate = join(folder, 'certificate.pem');
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
