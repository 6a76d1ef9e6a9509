import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { FakeCameras } from './fake-cameras.ts';
import type { Random } from './random.ts';

/** Who sends requests. */
export const people = ['anonymous', 'viewer', 'operator', 'admin'] as const;
export type Person = (typeof people)[number];

/** The camera and the user that nothing may take away: a viewer watches all the time. */
export const canary = 'canary';

const accounts = { viewer: 'watcher', operator: 'keeper', admin: 'admin' } as const;

/** An input that broke something. */
export interface Finding {
  readonly attack: string;
  /** The seed of the step, from which its input follows. */
  readonly seed: string;
  readonly why: string;
  readonly input: string;
}

/** One step of an attack, with its random values. */
export interface Step {
  readonly random: Random;
  /** Keeps an input, in case it breaks something. */
  readonly note: (input: Buffer | string) => void;
  /** Reports an answer that must not be: 500, which stands for an error that nobody expected. */
  readonly answered: (status: number, text?: string) => void;
}

/** One kind of attack, in steps that follow from their seeds alone. */
export interface Attack {
  readonly name: string;
  readonly step: (step: Step) => Promise<void>;
}

/** How long a step waits for an answer that may never come, in milliseconds. */
const answerLimit = 3_000;

/** The server under attack: accounts, a camera to watch, and fake cameras on the network. */
export class Target {
  readonly server: TestServer;
  readonly cameras: FakeCameras;
  readonly port: number;
  /** The token of a viewer that nothing may take away. */
  readonly canaryToken: string;
  readonly #tokens = new Map<Person, string>();
  /** The canary's camera, and the ids of the users. */
  readonly #kept: string[] = [canary];
  #made = 0;

  private constructor(server: TestServer, cameras: FakeCameras, canaryToken: string) {
    this.server = server;
    this.cameras = cameras;
    this.port = Number(new URL(server.url).port);
    this.canaryToken = canaryToken;
  }

  static async start(seed: string): Promise<Target> {
    const cameras = await FakeCameras.start(seed);
    const sizes = 'width=320&height=180&fps=10';
    const server = await startServer({
      args: [
        ...['--camera', `${canary}=test:?${sizes}`, '--camera', `front=test:?${sizes}`],
        ...['--allow-addresses', '127.0.0.1', '--log-level', 'info'],
      ],
    });
    const admin = await server.signIn();
    for (const [username, role] of [
      [canary, 'viewer'],
      ['watcher', 'viewer'],
      ['keeper', 'operator'],
    ]) {
      const added = await admin.send('POST', '/api/users', { username, role, password: adminPassword });
      if (!added.ok) throw new Error(`${username}: ${added.status} ${await added.text()}`);
    }
    const target = new Target(server, cameras, await server.token({ user: canary }));
    await target.renewTokens();
    const users = await admin.json<readonly { readonly id: string }[]>('/api/users');
    target.#kept.push(...users.map(({ id }) => id));
    return target;
  }

  /** True for a text that names a camera or user that must stay. */
  keeps(text: string): boolean {
    return this.#kept.some((each) => text.includes(each));
  }

  /** Creates the tokens that are missing or that an attack has revoked. */
  async renewTokens(): Promise<void> {
    for (const [person, username] of Object.entries(accounts)) {
      const me = await fetch(`${this.server.url}/api/me`, { headers: this.headersOf(person as Person) });
      if (me.ok && this.#tokens.has(person as Person)) continue;
      const basic = Buffer.from(`${username}:${adminPassword}`).toString('base64');
      const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ name: `fuzz ${(this.#made += 1)}` });
      const made = await fetch(`${this.server.url}/api/tokens`, { method: 'POST', headers, body });
      if (!made.ok) throw new Error(`no token for ${username}: ${made.status} ${await made.text()}`);
      this.#tokens.set(person as Person, ((await made.json()) as { readonly token: string }).token);
    }
  }

  /** The Authorization header of a person; none for an anonymous one. */
  headersOf(person: Person): Record<string, string> {
    const token = this.#tokens.get(person);
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Makes a request, reads at most a megabyte of the answer, and reports a status that must not be. */
  async request(
    path: string,
    init: RequestInit,
    step: Step,
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), answerLimit);
    try {
      const url = new URL(path, this.server.url);
      if (url.origin !== this.server.url) return { status: 0, text: '', headers: new Headers() };
      const response = await fetch(url, { redirect: 'manual', ...init, signal: controller.signal });
      const text = await start(response);
      step.answered(response.status, text);
      return { status: response.status, text, headers: response.headers };
    } catch {
      // A request that this client refuses to make, an answer that takes long, or a connection that the server closed.
      return { status: 0, text: '', headers: new Headers() };
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }

  /** A connection to the server; its errors don't matter. */
  async connect(port = this.port): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return socket;
  }

  /** Sends bytes in pieces, and reads up to a megabyte until the server closes or is silent. */
  async exchange(socket: Socket, pieces: readonly Buffer[], silence: number): Promise<Buffer> {
    const received: Buffer[] = [];
    let length = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    let timer = setTimeout(resolve, silence * 3);
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      length += chunk.length;
      clearTimeout(timer);
      if (length > 1_000_000) resolve();
      else timer = setTimeout(resolve, silence);
    });
    socket.once('close', () => resolve());
    for (const piece of pieces) {
      if (socket.destroyed) break;
      socket.write(piece);
      await new Promise((each) => setImmediate(each));
    }
    const late = setTimeout(resolve, answerLimit);
    await promise;
    clearTimeout(timer);
    clearTimeout(late);
    socket.destroy();
    return Buffer.concat(received);
  }

  async stop(): Promise<void> {
    await this.cameras.close();
    await this.server.stop();
  }
}

/** The first megabyte of an answer, at most. Streams never end. */
async function start(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += (part as Uint8Array).length;
    if (length > 1_000_000 || /multipart|video/.test(response.headers.get('content-type') ?? '')) break;
  }
  return Buffer.concat(parts).toString('utf8');
}
