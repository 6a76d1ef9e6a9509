import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startServer({
    args: ['--camera', 'Test=test:?width=640&height=360&fps=30', '--trust-proxy', '127.0.0.1'],
  });
  token = await server.token();
});
afterAll(async () => server.stop());

/** Sends a name and password from an address, as a proxy tells it. */
async function tryPassword(ip: string, secret: string): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`admin:${secret}`).toString('base64')}`;
  return fetch(`${server.url}/api/me`, { headers: { authorization, 'x-forwarded-for': ip } });
}

describe('passwords', () => {
  it('that sixteen people send at once leave a viewer its frames', async () => {
    using viewer = await SteadyMultipart.open(`${server.url}/stream`, token);
    await viewer.next(() => true, 10_000, 'the first frame');
    const calm = await rateOf(viewer, () => delay(2_000));
    let answers: number[] = [];
    const rushed = await rateOf(viewer, async () => {
      for (let round = 0; round < 2; round += 1) {
        const rush = Array.from({ length: 16 }, (_, index) => tryPassword(`192.0.2.${index}`, `wrong ${round}`));
        answers = (await Promise.all(rush)).map(({ status }) => status);
      }
    });
    expect(answers).toEqual(Array<number>(16).fill(401));
    expect(rushed / calm, 'frame rate while passwords are checked, of that before').toBeGreaterThan(1 / 3);
    expect(viewer.complaints).toEqual([]);
  });

  it('that an attacker tries lock the attacker out, and not the owner', async () => {
    const wrong: number[] = [];
    for (let index = 0; index < 12; index += 1) wrong.push((await tryPassword('198.51.100.1', `x${index}`)).status);
    expect(wrong).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const refused = await tryPassword('198.51.100.1', adminPassword);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 60]).toEqual([429, true]);
    expect((await tryPassword('198.51.100.2', adminPassword)).status).toBe(200);
  });
});

/** How many frames arrive per second meanwhile. */
async function rateOf(viewer: SteadyMultipart, work: () => Promise<unknown>): Promise<number> {
  const [before, from] = [viewer.received, performance.now()];
  await work();
  return ((viewer.received - before) * 1_000) / (performance.now() - from);
}
