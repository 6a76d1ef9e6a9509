// The reverse proxies of docs/running.md and docs/other-programs.md, with the configuration that stands there.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request as sendRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CameraStreamerViewer } from '../support/camera-streamer-viewer.ts';
import { codeIn } from '../support/client.ts';
import { documented, filledIn } from '../support/documentation.ts';
import { closedPort } from '../support/http-camera.ts';
import { Mp4Reader } from '../support/mp4-reader.ts';
import { ending } from '../support/processes.ts';
import { lacks, programPath } from '../support/programs.ts';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { selfSigned } from '../support/tls.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

/** Long enough for a slow machine, in milliseconds. */
const patience = { timeout: 20_000, interval: 20 };

/** The public name of the documented configurations. */
const name = 'cam.example.org';
/** Where the visitor's connections come from: another address than the proxy's. */
const visitor = '127.0.0.2';

let server: TestServer;
let token: string;
beforeAll(async () => {
  const options = documented('running.md', 'HTTPS', 'sh', '--public-url').trim().split(' ');
  server = await startServer({ args: ['--camera', 'Front door=test:?width=320&height=240&fps=15', ...options] });
  token = await server.token();
});
afterAll(() => server.stop());

/** The address of Porthole as the configurations name it, with the port that it has here. */
const upstream = (): string => new URL(server.url).host;

/** Runs a proxy until the end of the tests. Fails with its output if it ends before it listens. */
async function start(child: ChildProcess, port: number): Promise<void> {
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (printed += data.toString()));
  for (const deadline = performance.now() + patience.timeout; ;) {
    const socket = connect(port, '127.0.0.1');
    const listens = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (listens) return;
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`it does not listen:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, patience.interval));
  }
}

/** The values for a configuration. */
interface Place {
  /** A folder for its files. */
  readonly folder: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}

/** Runs nginx with these lines in its `http` block. */
async function nginx(http: string, { folder }: Pick<Place, 'folder'>): Promise<ChildProcess> {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (each) => `${each}_temp_path ${folder}/${each};`,
  );
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr; events {}`;
  const config = join(folder, 'nginx.conf');
  await writeFile(config, `${main}\nhttp {\naccess_log off; ${paths.join(' ')}\n${http}\n}\n`);
  return spawn(programPath('nginx'), ['-e', 'stderr', '-p', folder, '-c', config]);
}

const certificates = `/etc/letsencrypt/live/${name}`;

const proxies: Readonly<Record<string, (place: Place) => Promise<ChildProcess>>> = {
  nginx: async (place) => {
    const values = {
      'listen 443 ': `listen 127.0.0.1:${place.port} `,
      [`${certificates}/fullchain.pem`]: place.cert,
      [`${certificates}/privkey.pem`]: place.key,
      'http://127.0.0.1:8080': `http://${upstream()}`,
    };
    return nginx(filledIn(documented('running.md', 'nginx', 'nginx'), values), place);
  },
  apache2: async ({ folder, port, cert, key }) => {
    const site = filledIn(documented('running.md', 'Apache', 'apache'), {
      '*:443': `127.0.0.1:${port}`,
      [`${certificates}/fullchain.pem`]: cert,
      [`${certificates}/privkey.pem`]: key,
      'http://127.0.0.1:8080': `http://${upstream()}`,
    });
    // Debian's Apache has the first ones from the start.
    const enabled = /a2enmod (.*)/.exec(documented('running.md', 'Apache', 'sh'))?.[1]?.split(' ') ?? [];
    const modules = ['mpm_event', 'authz_core', 'socache_shmcb', ...enabled];
    const lines = [
      ...modules.map((each) => `LoadModule ${each}_module /usr/lib/apache2/modules/mod_${each}.so`),
      `Listen 127.0.0.1:${port}`,
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      ...[`PidFile ${folder}/pid`, `DefaultRuntimeDir ${folder}`, 'ServerName localhost', `ErrorLog "|$/bin/cat 1>&2"`],
      site,
    ];
    const config = join(folder, 'apache.conf');
    await writeFile(config, lines.join('\n'));
    return spawn(programPath('apache2'), ['-d', folder, '-f', config, '-D', 'FOREGROUND']);
  },
  caddy: async ({ folder, port, cert, key }) => {
    const values = { [`${name} {`]: `https://${name}:${port} {\n\tbind 127.0.0.1\n\ttls ${cert} ${key}` };
    const site = filledIn(documented('running.md', 'Caddy', 'caddyfile'), { ...values, '127.0.0.1:8080': upstream() });
    const config = join(folder, 'Caddyfile');
    await writeFile(config, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    return spawn(programPath('caddy'), ['run', '--adapter', 'caddyfile', '--config', config], { env });
  },
};

describe.each(Object.keys(proxies).filter((each) => !lacks(each, 'openssl')))('behind %s, as documented', (proxy) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let child: ChildProcess;
  let port: number;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    port = await closedPort();
    const pair = await selfSigned();
    const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
    await Promise.all([writeFile(cert, pair.cert), writeFile(key, pair.key)]);
    child = (await proxies[proxy]?.({ folder: folder.path, port, cert, key })) as ChildProcess;
    await start(child, port);
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await ending(child);
    await folder[Symbol.asyncDispose]();
  });

  const bearer = () => ({ authorization: `Bearer ${token}` });

  const tls = { servername: name, rejectUnauthorized: false };

  /** Sends a request to the proxy under its public name. */
  async function send(path: string, options: RequestOptions = {}, body = ''): Promise<IncomingMessage> {
    const headers = { host: name, ...options.headers };
    const at = { host: '127.0.0.1', port, localAddress: visitor, path };
    const request = sendRequest({ ...at, ...tls, agent: false, ...options, headers }).end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.on('error', () => undefined);
  }

  /** Sends a request and reads the whole answer. */
  async function get(path: string, options: RequestOptions = { headers: bearer() }, body = ''): Promise<Buffer> {
    const response = await send(path, options, body);
    const answer = Buffer.concat(await response.toArray());
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${answer.toString()}`);
    return answer;
  }

  it('signs in, with a cookie for HTTPS only, and Porthole learns the address of the visitor', async () => {
    const cookies = new Map<string, string>();
    const keep = ({ headers }: IncomingMessage): readonly string[] => {
      const lines = headers['set-cookie'] ?? [];
      for (const [, key = '', value = ''] of lines.flatMap((line) => [/^([^=]+)=([^;]*)/.exec(line) ?? []])) {
        cookies.set(key, value);
      }
      return lines;
    };
    const cookie = (): string => [...cookies].map((pair) => pair.join('=')).join('; ');
    const page = await send('/login');
    keep(page);
    const code = codeIn(Buffer.concat(await page.toArray()).toString());
    const form = new URLSearchParams({ _csrf: code, username: 'admin', password: adminPassword }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded', origin: `https://${name}` };
    const post = { method: 'POST', headers: { ...type, cookie: cookie(), 'content-length': form.length } };
    const signedIn = await send('/login', post, form);
    signedIn.resume();
    expect(signedIn.statusCode).toBe(303);
    expect(keep(signedIn).find((line) => line.startsWith('porthole_session'))).toMatch(/; Secure/);
    const me = JSON.parse((await get('/api/me', { headers: { cookie: cookie() } })).toString()) as object;
    expect(me).toMatchObject({ username: 'admin' });
    await expect
      .poll(() => server.log.findLast(({ url }) => url === '/api/me'), patience)
      .toMatchObject({ ip: visitor });

    const live = await send('/', { headers: { cookie: cookie() } });
    expect(live.headers['content-security-policy']).toContain('script-src');
    live.resume();

    const socketTo = (origin: string): WebSocket => {
      const headers = { host: name, cookie: cookie() };
      return new WebSocket(`wss://127.0.0.1:${port}/live`, { ...tls, origin, headers });
    };
    const socket = socketTo(`https://${name}`);
    const frames: Buffer[] = [];
    socket.on('message', (data: Buffer, isBinary: boolean) => isBinary && frames.push(data));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'watch', view: 1, camera: 'front-door', width: 'source' }));
    await expect.poll(() => frames.length, patience).toBeGreaterThan(5);
    socket.terminate();
    const refused = socketTo('https://evil.example');
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
    expect(response.statusCode).toBe(403);
    refused.on('error', () => undefined).terminate();
  });

  it('sends each frame of MJPEG at once', async () => {
    const response = await send('/cameras/front-door/stream.mjpeg?fps=4', { headers: bearer() });
    expect(response.headers['content-type']).toMatch(/^multipart\/x-mixed-replace;boundary=/);
    const ages: number[] = [];
    let text = '';
    for await (const chunk of response) {
      text += (chunk as Buffer).toString('latin1');
      // A part is complete once its JPEG ends.
      const part = /X-Timestamp: ([\d.]+)\r\n\r\n[^]*?\xff\xd9\r\n/i.exec(text);
      if (part === null) continue;
      ages.push(Date.now() - Number(part[1]) * 1_000);
      text = text.slice(part.index + part[0].length);
      if (ages.length === 6) break;
    }
    // Held until the next frame, the median would be 250 ms older.
    expect(ages.toSorted((a, b) => a - b)[1]).toBeLessThan(240);
  });

  it('passes live.mp4, HLS and snapshots on', async () => {
    const { width } = await sharp(await get('/cameras/front-door/snapshot.jpg')).metadata();
    expect(width).toBe(320);

    const stream = await send('/cameras/front-door/live.mp4', { headers: bearer() });
    expect(stream.headers['content-type']).toBe('video/mp4');
    let fragments = 0;
    for await (const chunk of stream) {
      fragments += (chunk as Buffer).toString('latin1').split('moof').length - 1;
      if (fragments > 10) break;
    }

    const playlist = (await get('/cameras/front-door/index.m3u8')).toString();
    const [, map = ''] = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist) ?? [];
    expect((await get(`/cameras/front-door/${map}`)).toString('latin1')).toContain('ftyp');
    const [, hint = ''] = /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(playlist) ?? [];
    expect((await get(`/cameras/front-door/${hint}`)).toString('latin1')).toContain('moof');
  });

  it('answers WHEP, whose session is at the public address', async () => {
    const through = async (url: string, { method = 'GET', headers, body }: RequestInit): Promise<Response> => {
      const { origin, pathname } = new URL(url);
      expect(origin).toBe(`https://${name}`);
      const response = await send(pathname, { method, headers: headers as Record<string, string> }, body as string);
      const answer = Buffer.concat(await response.toArray());
      return new Response(answer, { status: response.statusCode ?? 0, headers: response.headers as HeadersInit });
    };
    const url = `https://${name}/cameras/front-door/whep`;
    const viewer = await WhepViewer.open(url, { headers: bearer(), fetch: through });
    await expect.poll(() => viewer.packets.length, patience).toBeGreaterThan(10);
    expect(await viewer.end()).toBe(200);
    await viewer.leave();
  });
});

describe.skipIf(lacks('nginx'))("behind the printer's nginx, as documented for Mainsail and Fluidd", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let child: ChildProcess;
  let port: number;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await chmod(folder.path, 0o755);
    port = await closedPort();
    const block = filledIn(documented('other-programs.md', 'Mainsail and Fluidd', 'nginx', 'location /webcam/'), {
      'http://127.0.0.1:8080/': `http://${upstream()}/`,
    });
    const login = filledIn(documented('other-programs.md', 'Mainsail and Fluidd', 'nginx', 'Authorization'), {
      TOKEN: token,
    });
    const location = block.replace(/\}\n$/, `${login}}\n`);
    child = await nginx(`server {\nlisten 127.0.0.1:${port};\n${location}}`, { folder: folder.path });
    await start(child, port);
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await ending(child);
    await folder[Symbol.asyncDispose]();
  });

  const printer = (): string => `http://127.0.0.1:${port}`;
  /** The headers of a script on the page of the printer. */
  const page = () => ({ origin: printer() });

  it.each(['/webcam/?action=stream', '/webcam/cameras/front-door/stream.mjpeg'])('streams %s', async (path) => {
    const response = await fetch(`${printer()}${path}`);
    expect(response.headers.get('content-type')).toMatch(/^multipart\/x-mixed-replace;boundary=/);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.split('\xff\xd9\r\n').length > 3) break;
    }
  });

  it.each(['/webcam/?action=snapshot', '/webcam/snapshot?camera=front-door'])('answers %s', async (path) => {
    const response = await fetch(`${printer()}${path}`);
    expect(response.status).toBe(200);
    expect(await sharp(await response.arrayBuffer()).metadata()).toMatchObject({ width: 320, height: 240 });
  });

  it('plays live.mp4', async () => {
    using reader = await Mp4Reader.open(`${printer()}/webcam/cameras/front-door/live.mp4`, 'none of Porthole');
    await reader.fragments(5);
  });

  it("plays WebRTC with camera-streamer's messages", async () => {
    await using viewer = await CameraStreamerViewer.open(`${printer()}/webcam/webrtc?camera=front-door`, page());
    await expect.poll(() => viewer.pictures.length, patience).toBeGreaterThan(5);
  });

  it.each(['/webcam/webrtc/whep', '/webcam/cameras/front-door/whep'])(
    'plays WHEP at %s, for MediaMTX',
    async (path) => {
      await using viewer = await WhepViewer.open(`${printer()}${path}`, { headers: page() });
      expect(viewer.location).toContain(`${printer()}/webcam/`);
      await expect.poll(() => viewer.packets.length, patience).toBeGreaterThan(10);
      expect(await viewer.end()).toBe(200);
    },
  );
});
