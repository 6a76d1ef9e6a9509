// MJPEG over HTTP, against ustreamer with a webcam.
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera, type FakeCamera, readMark } from '../support/fakecam.ts';
import { closedPort, startHttpCamera } from '../support/http-camera.ts';
import type { MultipartReader } from '../support/multipart-reader.ts';
import { lacks } from '../support/programs.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTlsFront } from '../support/tls.ts';
import { startUstreamer } from '../support/ustreamer.ts';
import { photoProblem, watch } from '../support/watching.ts';

const credentials = { user: 'cam', password: 'pa55-of-the-camera' };

describe.skipIf(lacks('cc', 'ustreamer'))('a camera behind ustreamer', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: FakeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildFakeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  /** Reads until this many of the camera's own frames have arrived, all of them complete. */
  async function take(viewer: MultipartReader, count: number): Promise<void> {
    const seen = new Set<number>();
    while (seen.size < count) {
      const part = await viewer.next();
      if (part === null) throw new Error(`the stream ended after ${seen.size} pictures`);
      const mark = readMark(part.bytes);
      if (mark === null) continue;
      expect(
        camera.jpegs.some((jpeg) => jpeg.equals(mark.jpeg)),
        'the picture is whole and untouched',
      ).toBe(true);
      seen.add(mark.capturedAt);
    }
  }

  it('is shown byte for byte', async () => {
    await using upstream = await startUstreamer(camera, { port: await closedPort() });
    await using server = await startServer({ args: ['--camera', `front=${upstream.url}`] });
    using viewer = await watch(server, await server.token());
    await take(viewer, 20);
  });

  it.skipIf(lacks('openssl'))(
    'is shown over TLS with a name and password, whoever signed its certificate',
    async () => {
      const port = await closedPort();
      await using upstream = await startUstreamer(camera, { port, credentials });
      await using front = await startTlsFront(port);
      const { pathname } = new URL(upstream.url);
      const source = `https://${credentials.user}:${credentials.password}@localhost:${front.port}${pathname}`;
      await using server = await startServer({ args: ['--camera', `front=${source}`] });
      using viewer = await watch(server, await server.token());
      await take(viewer, 5);
    },
  );

  it('is shown with the right name and password, and otherwise reports the problem', async () => {
    await using upstream = await startUstreamer(camera, { port: await closedPort(), credentials });
    const withLogin = (login: string): string => upstream.url.replace('//', `//${login}@`);
    const right = withLogin(`${credentials.user}:${credentials.password}`);
    const expected = {
      anonymous: [upstream.url, 'source_unauthorized'],
      wrong: [withLogin('cam:other-password'), 'source_unauthorized'],
      nowhere: [right.replace(/stream$/, 'nothing-here'), 'source_not_found'],
      page: [right.replace(/stream$/, 'state'), 'source_not_video'],
    } as const;
    await using server = await startServer({
      args: [
        ...['--camera', `front=${right}`],
        ...Object.entries(expected).flatMap(([name, [source]]) => ['--camera', `${name}=${source}`]),
      ],
    });
    const token = await server.token();
    using viewer = await watch(server, token);
    await take(viewer, 3);
    for (const [name, [, code]] of Object.entries(expected)) {
      const problem = await photoProblem(server, token, name);
      expect({ name, ...problem }).toMatchObject({ name, status: 503, code });
    }
    expect(server.output).not.toContain(credentials.password);
    expect(server.output).not.toContain('other-password');
  });

  it('comes back on the same connection when ustreamer was away', async () => {
    const port = await closedPort();
    const before = await startUstreamer(camera, { port });
    await using server = await startServer({ args: ['--camera', `front=${before.url}`] });
    const token = await server.token();
    using viewer = await watch(server, token);
    await take(viewer, 5);
    await before.stop();
    // An image that is not the camera's: the notice that explains the problem.
    while (readMark((await viewer.next())?.bytes ?? Buffer.alloc(0)) !== null);
    await using _after = await startUstreamer(camera, { port });
    await take(viewer, 5);
  });
});

describe('an HTTP camera', () => {
  it('that redirects is not followed', async () => {
    await using elsewhere = await startHttpCamera([Buffer.from('never asked for')]);
    let asked = 0;
    const redirecting = createServer((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: elsewhere.url }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = redirecting.address() as { port: number };
      await using server = await startServer({ args: ['--camera', `front=http://127.0.0.1:${port}/stream`] });
      const problem = await photoProblem(server, await server.token(), 'front');
      expect(problem).toMatchObject({ status: 503, code: 'source_redirected' });
      expect(asked).toBeGreaterThan(0);
      expect(elsewhere.requests).toBe(0);
    } finally {
      redirecting.close();
    }
  });
});
