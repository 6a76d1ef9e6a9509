// Network cameras that answer a search, against a simulated ONVIF device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CameraRegistry } from '../../src/cameras/camera-registry.ts';
import { NetworkCameras } from '../../src/cameras/discovery/network-cameras.ts';
import { AddressPolicy } from '../../src/cameras/sources/address-policy.ts';
import { SourceRules } from '../../src/cameras/sources/source-rules.ts';
import type { CameraDetails } from '../../src/domain/cameras/camera.ts';
import type { FoundNetworkCamera } from '../../src/domain/cameras/found-network-camera.ts';
import type { TestResult } from '../../src/domain/cameras/source-test.ts';
import type { Client } from '../support/client.ts';
import { OnvifDevice, type OnvifDeviceOptions } from '../support/onvif-device.ts';
import { lacks } from '../support/programs.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';

const login = { user: 'ad min', password: 'p@ss<&>"é' };

describe.skipIf(lacks('python3 with GstRtspServer'))('network cameras with ONVIF', () => {
  let server: TestServer;
  let admin: Client;
  let main: RtspServer;
  let sub: RtspServer;
  let options: OnvifDeviceOptions;

  beforeAll(async () => {
    [main, sub] = await Promise.all([startRtspServer({ width: 960, height: 540 }), startRtspServer()]);
    // The camera is known to itself by an address that it no longer has.
    const uri = ({ url }: RtspServer) => url.replace('127.0.0.1', '10.255.255.1');
    const [medium, tiny] = ['rtsp://10.255.255.1/medium', 'rtsp://10.255.255.1/tiny?a=1&b=2'];
    options = {
      login,
      ptz: true,
      streams: [
        { uri: tiny, width: 160 },
        { uri: uri(sub), width: 640 },
        { uri: uri(main), width: 1920 },
        { uri: medium, width: 1280 },
      ],
    };
    server = await startServer({ args: ['--allow-addresses', '127.0.0.1', '--camera', 'x=test:'] });
    admin = await server.signIn();
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all([main.stop(), sub.stop()]);
  });

  const search = () => admin.json<readonly FoundNetworkCamera[]>('/api/network-cameras');
  const test = async (body: object): Promise<TestResult> =>
    (await (await admin.send('POST', '/api/cameras/test', { source: '127.0.0.1', ...body })).json()) as TestResult;

  it('are listed, asked for their streams with the login, and added with both of them', async () => {
    await using device = await OnvifDevice.start(options);
    expect(await search()).toEqual([{ address: '127.0.0.1', name: 'Garden <gate>', model: 'SIM-1', camera: null }]);
    const page = await (await admin.request('/settings/cameras/new')).text();
    expect(page).toContain('Garden &lt;gate>');
    expect(page).toContain('/settings/cameras/new?source=127.0.0.1&amp;name=Garden+%3Cgate%3E#by-address');
    expect(await test({})).toMatchObject({ ok: false, problem: { code: 'source_unauthorized', field: 'user' } });
    expect(await test({ user: login.user, password: 'wrong' })).toMatchObject({
      ok: false,
      problem: { code: 'source_unauthorized', field: 'password' },
    });
    expect(await test(login)).toMatchObject({
      ok: true,
      width: 960,
      source: main.url,
      substream: { ok: true, source: sub.url, width: 640 },
    });
    await admin.submit('/settings/cameras', { name: 'Gate', source: '127.0.0.1', ...login });
    expect(await admin.json<CameraDetails>('/api/cameras/gate')).toMatchObject({
      source: main.url.replace('/test', '/…'),
      substream: sub.url.replace('/test', '/…'),
    });
    expect(await (await admin.request('/welcome')).text()).toContain('href="/?camera=gate"');
    expect(device.actions).toContain('GetStreamUri');
    expect(await admin.json('/api/cameras/gate/ptz')).toMatchObject({ turns: true, zooms: true });
    expect(server.output).not.toContain(login.password);
  });

  it('that answer with too much, or what takes long to read, have no streams and harm nobody', async () => {
    const answers = [
      Buffer.alloc(100_000, '<'),
      Buffer.alloc(5_000_000, 'a'),
      'xmlns'.repeat(8_000),
      `<s:Envelope>${'<a>'.repeat(100_000)}`,
      '',
    ];
    let answer: Buffer | string | undefined;
    await using _device = await OnvifDevice.start({
      ...options,
      answer: (action) => (action === 'GetProfiles' ? answer : undefined),
    });
    await search();
    for (answer of answers) {
      const asked = test(login);
      const began = performance.now();
      for (let count = 0; count < 10; count += 1) await (await fetch(`${server.url}/healthz`)).text();
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(await asked).toMatchObject({ ok: false, problem: { code: 'camera_failed' } });
    }
  });

  it('are not listed when they send noise, or the answer to another search', async () => {
    const match = (text: string) => OnvifDevice.start({ ...options, match: () => text });
    await using _noise = await match('<XAddrs'.repeat(9_000));
    await using _other = await match('<a:RelatesTo>uuid:other</a:RelatesTo><d:XAddrs>http://127.0.0.1/</d:XAddrs>');
    expect(await search()).toEqual([]);
  });

  it('are a matter of admins', async () => {
    const viewer = await fetch(`${server.url}/api/network-cameras`);
    expect(viewer.status).toBe(401);
  });
});

it('devices whose addresses cameras can not have are not listed', async () => {
  await using _device = await OnvifDevice.start({ login, streams: [] });
  const rules = new SourceRules(new AddressPolicy([]), null);
  expect(await new NetworkCameras({ rules, cameras: new CameraRegistry() }).search()).toEqual([]);
});
