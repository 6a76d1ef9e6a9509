// docs/adding-an-output.md: a new output is one file, a line in the list of features, and this test.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jpeg } from '../../test/support/fake-devices.ts';
import { type Person, rawRequest, startServer, type TestServer } from '../../test/support/http-server.ts';
import { lengthFeature } from '../../test/support/length-output.ts';
import { posterFeature } from '../../test/support/poster-output.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ features: [posterFeature, lengthFeature] });
});
afterAll(() => server.close());

/** Opens the stream and waits for two posters. */
async function open(who: Person, at = server): Promise<{ text: string; closed: Promise<unknown> }> {
  await at.cameras.ensureOpen('front');
  const head = `GET /cameras/front/posters HTTP/1.1\r\nHost: x\r\nAuthorization: ${at.bearer(who).authorization}`;
  const { text, socket } = await rawRequest(
    at.port,
    `${head}\r\n\r\n`,
    /(Content-Length[^]*){2}|Connection: close\r\n\r\n./,
  );
  return { text, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

describe('an added output of live frames', () => {
  it('opens the camera and streams', async () => {
    const head = `GET /cameras/front/frames HTTP/1.1\r\nHost: x\r\nAuthorization: ${server.bearer('viewer').authorization}`;
    const { text, socket } = await rawRequest(server.port, `${head}\r\n\r\n`, /\xff\xd9/);
    socket.destroy();
    const length = Buffer.alloc(4);
    length.writeUInt32BE(jpeg.length);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    expect(body.startsWith(Buffer.concat([length, jpeg]).toString('latin1'))).toBe(true);
  });

  it('answers HEAD without opening the camera', async () => {
    const headers = server.bearer('viewer');
    const response = await server.app.inject({ method: 'HEAD', url: '/cameras/front/frames', headers: { ...headers } });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/octet-stream');
  });
});

describe('an added output', () => {
  it('streams', async () => {
    // Posters are the last frames that somebody saw.
    await server.app.inject({ url: '/cameras/front/snapshot.jpg', headers: server.bearer('viewer') });
    const { text } = await open('viewer');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*multipart\/x-mixed-replace;boundary=poster/);
    expect(text).toContain(`Content-Length: ${jpeg.length}`);
    expect(text).toContain(jpeg.toString('latin1'));
  });

  it('is only for people who may see the camera', async () => {
    const status = async (headers: object) =>
      (await server.app.inject({ url: '/cameras/front/posters', headers: { ...headers } })).statusCode;
    expect(await status({})).toBe(401);
    expect(await status(server.bearer('yard'))).toBe(404);
  });

  it('answers HEAD without a stream', async () => {
    const headers = server.bearer('viewer');
    const response = await server.app.inject({
      method: 'HEAD',
      url: '/cameras/front/posters',
      headers: { ...headers },
    });
    expect(response.statusCode).toBe(200);
  });

  it('ends when its token is revoked, and no other stream does', async () => {
    const [mine, other] = [await open('viewer'), await open('operator')];
    const before = server.streams.size;
    const facts = { ip: '192.0.2.1', userAgent: null };
    const viewer = await server.accounts.authenticate(server.bearer('viewer'), undefined, facts);
    if (viewer === null) throw new TypeError('not signed in');
    const [token] = await server.accounts.tokens.list(viewer);
    await server.accounts.tokens.revoke(viewer, token?.id ?? '');
    await mine.closed;
    await expect.poll(() => server.streams.size).toBeLessThan(before);
    expect(await Promise.race([other.closed, Promise.resolve('open')])).toBe('open');
  });

  it('ends with the server', async () => {
    const own = await startServer({ features: [posterFeature] });
    await own.app.inject({ url: '/cameras/front/snapshot.jpg', headers: own.bearer('viewer') });
    const { closed } = await open('viewer', own);
    await own.close();
    await closed;
  });
});
