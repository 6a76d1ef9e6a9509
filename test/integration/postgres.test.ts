// While Postgres is frozen or away, requests that need it are refused at once, streams go on, and everything works again
// without a restart.
import { expect, it } from 'vitest';
import { Postgres } from '../support/postgres.ts';
import { startServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

it('Postgres may freeze and crash while Porthole runs', async ({ skip }) => {
  await using postgres = await Postgres.start();
  if (postgres === null) return skip('needs Postgres (apt-get install postgresql)');
  await using server = await startServer({
    args: ['--camera', 'front=test:?width=320&height=240&fps=10'],
    env: { PORTHOLE_DATABASE_URL: postgres.url },
  });
  const admin = await server.signIn();
  expect((await admin.send('POST', '/api/cameras/front/photos')).status).toBe(201);
  using viewer = await SteadyMultipart.open(`${server.url}/stream`, await server.token());
  await viewer.next(() => true, 20_000, 'the first frame');

  const outages = [
    [() => postgres.signal('SIGSTOP'), () => postgres.signal('SIGCONT'), /does not answer/],
    [() => postgres.stop(), () => postgres.resume(), /Nothing answers|closes the connection|starting or stopping/],
  ] as const;
  for (const [begin, end, said] of outages) {
    await begin();
    viewer.longestGap = 0;
    const before = viewer.received;
    // The first may wait for an answer until the time limit, with all that are asked meanwhile.
    const slow = await Promise.all(['/api/photos', '/photos', '/api/users'].map((path) => admin.request(path)));
    expect(slow.map(({ status }) => status)).toEqual([503, 503, 503]);
    const began = performance.now();
    for (let count = 0; count < 5; count += 1) {
      const refused = await admin.request('/api/photos');
      expect([refused.status, await refused.json()]).toMatchObject([
        503,
        { error: { code: 'database_unavailable', message: expect.stringMatching(said) as string } },
      ]);
    }
    // Five time limits would be half a minute.
    expect(performance.now() - began).toBeLessThan(15_000);
    expect((await server.client().request('/healthz')).status).toBe(200);
    expect((await admin.send('POST', '/api/cameras/front/photos')).status).toBe(503);
    await expect(server.signIn()).rejects.toThrow(/503/);
    await viewer.next(() => viewer.received > before + 20, 20_000, 'frames during the outage');
    expect(viewer.longestGap).toBeLessThan(3_000);
    await end();
    await expect.poll(async () => (await admin.request('/api/photos')).status, { timeout: 20_000 }).toBe(200);
    expect((await admin.send('POST', '/api/cameras/front/photos')).status).toBe(201);
  }

  // Connections that are dead one by one cost one time limit together.
  postgres.signal('SIGSTOP', 'connections');
  await expect.poll(async () => (await admin.request('/api/photos')).status, { timeout: 30_000 }).toBe(200);
  postgres.signal('SIGCONT');
  expect(viewer.complaints).toEqual([]);
  expect(server.output).not.toContain('hush-hush');
  const complaints = server.log.filter(({ msg }) => msg === 'the grants of open streams could not be checked');
  expect(complaints.length, 'lines about what cannot be checked').toBeLessThanOrEqual(2);
});
