import { describe, expect, it } from 'vitest';
import { OnvifDevice, type OnvifDeviceOptions } from '../../../test/support/onvif-device.ts';
import { CameraRegistry } from '../camera-registry.ts';
import { AddressPolicy } from '../sources/address-policy.ts';
import { SourceRules } from '../sources/source-rules.ts';
import { NetworkCameras } from './network-cameras.ts';
import type { Answers } from './ws-discovery.ts';

const login = { user: 'admin', password: 'right' };
const both = { main: 'rtsp://127.0.0.1/large', sub: 'rtsp://127.0.0.1/small' };
const streams = [
  { uri: both.main, width: 1920 },
  { uri: both.sub, width: 640 },
];

function networkCameras(discover: () => Promise<Answers>): NetworkCameras {
  const rules = new SourceRules(new AddressPolicy(['127.0.0.1']), null);
  return new NetworkCameras({ rules, cameras: new CameraRegistry(), discover });
}

/** What a search finds if the device at 127.0.0.1 names another host. */
function answers({ port }: OnvifDevice, host = '127.0.0.1'): Answers {
  return new Map([['127.0.0.1', { xaddrs: [`http://${host}:${port}/onvif/device_service`], scopes: [] }]]);
}

const ask = (network: NetworkCameras) => network.streams('127.0.0.1', login, AbortSignal.timeout(10_000));

describe('the streams of a network camera', () => {
  const start = (options: Partial<OnvifDeviceOptions> = {}): Promise<OnvifDevice> =>
    OnvifDevice.start({ login, streams, answersSearches: false, ...options });

  it.each(['127.0.0.1', '10.255.255.1', 'camera.invalid'])('are found if it names %s as its host', async (host) => {
    await using device = await start();
    const network = networkCameras(() => Promise.resolve(answers(device, host)));
    await network.search();
    expect(await ask(network)).toEqual(both);
  });

  it('are found during another search', async () => {
    await using device = await start();
    const searches = [Promise.resolve(answers(device)), new Promise<Answers>(() => undefined)];
    const network = networkCameras(() => searches.shift() as Promise<Answers>);
    await network.search();
    void network.search();
    expect(await ask(network)).toEqual(both);
  });

  it('are found if it tells the time only to those who have signed in', async () => {
    await using device = await start({ hidesTime: true });
    const network = networkCameras(() => Promise.resolve(answers(device)));
    await network.search();
    expect(await ask(network)).toEqual(both);
  });

  it('are those of the profiles that have one', async () => {
    const fault =
      '<Envelope><Body><Fault><Reason><Text lang="en">Incomplete configuration</Text></Reason></Fault></Body></Envelope>';
    let faults = 1;
    const answer = (action: string) => (action === 'GetStreamUri' && (faults -= 1) >= 0 ? fault : undefined);
    await using device = await start({ answer });
    const network = networkCameras(() => Promise.resolve(answers(device)));
    await network.search();
    expect(await ask(network)).toEqual({ main: both.sub, sub: null });
    faults = streams.length;
    await expect(ask(network)).rejects.toMatchObject({
      code: 'camera_failed',
      detail: expect.stringContaining('Incomplete configuration') as string,
    });
  });
});
