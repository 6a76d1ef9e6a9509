import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

let server: TestServer;
let viewer: SteadyMultipart;
let capture: number;

beforeAll(async () => {
  server = await startServer({
    args: ['--camera', 'Test=test:?width=320&height=180&fps=10'],
    env: { BROKER_URL: 'mqtt://porthole:canary@broker', LC_TIME: 'C' },
  });
  viewer = await SteadyMultipart.open(`${server.url}/cameras/test/stream.mjpeg`, await server.token());
  await viewer.next(() => true, 30_000, 'a frame');
  capture = server.children.find(({ command }) => command.includes('capture/main'))!.pid;
});

afterAll(async () => {
  viewer.close();
  await server.stop();
});

describe('a capture process', () => {
  it("gets none of the server's secrets in its environment", () => {
    const environment = readFileSync(`/proc/${capture}/environ`, 'utf8').split('\0');
    const names = environment.map((each) => each.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'LC_TIME', 'NODE_COMPILE_CACHE']));
    expect(names.filter((name) => name!.startsWith('PORTHOLE_'))).toEqual([]);
    expect(names).not.toContain('BROKER_URL');
    // The server has them.
    const own = readFileSync(`/proc/${server.pid}/environ`, 'utf8');
    expect(own).toContain('PORTHOLE_ADMIN_PASSWORD=');
  });

  it('gains no privileges from programs, in none of its threads', () => {
    for (const flag of ofThreads('NoNewPrivs')) expect(flag).toBe('1');
  });
});

/** A value of each thread's status (proc(5)). */
function ofThreads(name: string): readonly string[] {
  const threads = readdirSync(`/proc/${capture}/task`);
  return threads.map((thread) => {
    const status = readFileSync(`/proc/${capture}/task/${thread}/status`, 'utf8');
    return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? 'missing';
  });
}
