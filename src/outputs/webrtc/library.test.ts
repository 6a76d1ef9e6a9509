import { afterEach, expect, it, vi } from 'vitest';
import { PortholeError, problems } from '../../domain/errors.ts';
import { loadLibrary } from './library.ts';
import { WebRtc } from './webrtc.ts';
import { browserOffer } from '../../../test/support/whep-offers.ts';

afterEach(() => vi.doUnmock('node-datachannel'));

function withoutBinary(): void {
  vi.doMock('node-datachannel', () => {
    throw new Error("Cannot find module '@node-datachannel/plan9-mips'");
  });
}

it('without a build for the platform, loading fails with a message, and with a detail for the log', async () => {
  withoutBinary();
  const error = await loadLibrary(() => undefined).catch((thrown: unknown) => thrown as PortholeError);
  if (!(error instanceof PortholeError)) throw new Error('it was loaded');
  expect([error.code, error.message]).toEqual(['webrtc_unavailable', problems.webrtc_unavailable]);
  expect(error.detail).toContain(process.arch);
});

it('without the library an offer is refused, and nothing is left open', async () => {
  withoutBinary();
  const subscribe = vi.fn();
  const frames = {
    subscribe,
    requestKeyframe: () => undefined,
    hasAudio: () => false,
    rendition: () => ({ rendition: { codec: 'h264', width: 'source' } as const }),
  };
  const ice = { host: '127.0.0.1', port: 'auto', tcpPort: 'auto', addresses: [], servers: [] } as const;
  const log = { debug: () => undefined, info: () => undefined, warn: vi.fn() };
  const webRtc = new WebRtc(frames, ice, log);
  for (const _ of [1, 2]) {
    const opening = webRtc.open({ camera: 'front', width: 'source', offer: browserOffer, client: null });
    await expect(opening).rejects.toMatchObject({ code: 'webrtc_unavailable' });
  }
  expect([webRtc.size, subscribe.mock.calls.length, log.warn.mock.calls.length]).toEqual([0, 0, 2]);
  await webRtc.close();
  await expect(
    webRtc.open({ camera: 'front', width: 'source', offer: browserOffer, client: null }),
  ).rejects.toMatchObject({
    code: 'shutting_down',
  });
});
