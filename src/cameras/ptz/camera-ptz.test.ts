import { afterEach, expect, it, vi } from 'vitest';
import { OnvifDevice } from '../../../test/support/onvif-device.ts';
import { immovable } from '../../domain/cameras/ptz.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { CameraRegistry } from '../camera-registry.ts';
import { NetworkCameras } from '../discovery/network-cameras.ts';
import type { LiveCamera } from '../live-camera.ts';
import { AddressPolicy } from '../sources/address-policy.ts';
import { SourceRules } from '../sources/source-rules.ts';
import { CameraPtz } from './camera-ptz.ts';

const minute = 60_000;
const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

afterEach(() => {
  vi.restoreAllMocks();
});

it('a camera that cannot be moved is asked again after ten minutes, one that refuses the login after a day', async () => {
  const login = { user: 'admin', password: 'right' };
  await using device = await OnvifDevice.start({ login, streams: [], answersSearches: false });
  const rules = new SourceRules(new AddressPolicy(['127.0.0.1']), null);
  const network = new NetworkCameras({ rules, cameras: new CameraRegistry() });
  const ptz = new CameraPtz({ rules, network, log });
  const camera = (password: string): LiveCamera => {
    const source = parseSource(`http://admin:${password}@127.0.0.1:${device.port}/`);
    return { id: password, config: { enabled: true }, source } as unknown as LiveCamera;
  };
  const asks = async (password: string): Promise<boolean> => {
    const before = device.actions.length;
    expect(await ptz.of(camera(password))).toEqual(immovable);
    return device.actions.length > before;
  };
  const now = performance.now();
  const after = (minutes: number) => vi.spyOn(performance, 'now').mockReturnValue(now + minutes * minute);
  after(0);
  expect([await asks('right'), await asks('wrong')]).toEqual([true, true]);
  after(9);
  expect([await asks('right'), await asks('wrong')]).toEqual([false, false]);
  after(11);
  expect([await asks('right'), await asks('wrong')]).toEqual([true, false]);
  after(25 * 60);
  expect(await asks('wrong')).toBe(true);
  await ptz.close();
});

it('a camera whose password is not percent-encoded in its address can be moved', async () => {
  const login = { user: 'admin', password: '50%off' };
  const streams = [{ uri: 'rtsp://127.0.0.1/1', width: 640 }];
  await using device = await OnvifDevice.start({ login, streams, ptz: true, answersSearches: false });
  const rules = new SourceRules(new AddressPolicy(['127.0.0.1']), null);
  const network = new NetworkCameras({ rules, cameras: new CameraRegistry() });
  const ptz = new CameraPtz({ rules, network, log });
  const source = parseSource(`http://admin:50%off@127.0.0.1:${device.port}/`);
  const camera = { id: 'gate', config: { enabled: true }, source } as unknown as LiveCamera;
  expect(await ptz.of(camera)).toMatchObject({ turns: true, zooms: true });
  await ptz.close();
});
