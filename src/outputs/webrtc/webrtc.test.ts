// Sessions of the real library, with a client that never connects.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, it } from 'vitest';
import type { IceOptions } from '../../domain/media/ice.ts';
import { browserOffer } from '../../../test/support/whep-offers.ts';
import { WebRtc } from './webrtc.ts';

const opened: WebRtc[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

function webRtc(ice: Partial<IceOptions>): WebRtc {
  const frames = {
    subscribe: () => () => undefined,
    requestKeyframe: () => undefined,
    hasAudio: () => false,
    rendition: () => ({ rendition: { codec: 'h264', width: 'source' } as const }),
  };
  const options: IceOptions = {
    host: '127.0.0.1',
    port: 'auto',
    tcpPort: 'off',
    addresses: [],
    servers: [],
    ...ice,
  };
  const nothing = (): void => undefined;
  const made = new WebRtc(frames, options, { debug: nothing, info: nothing, warn: nothing });
  opened.push(made);
  return made;
}

const request = { camera: 'front', width: 'source', offer: browserOffer, client: null } as const;

/** Two consecutive free ports. */
async function freeRange(): Promise<{ begin: number; end: number }> {
  for (;;) {
    const [first, second] = [createSocket('udp4'), createSocket('udp4')];
    first.bind(0, '127.0.0.1');
    await once(first, 'listening');
    const begin = first.address().port;
    second.bind(begin + 1, '127.0.0.1');
    const free = await Promise.race([once(second, 'listening'), once(second, 'error')]).then(
      () => true,
      () => false,
    );
    first.close();
    if (free) second.close();
    if (free) return { begin, end: begin + 1 };
  }
}

it('refuses a session if all ports of the range are taken, until another session ends', async () => {
  const port = await freeRange();
  const rtc = webRtc({ port });
  const sessions = [await rtc.open(request), await rtc.open(request)];
  await expect(rtc.open(request)).rejects.toMatchObject({ code: 'webrtc_full' });
  sessions[0]?.close();
  await sleep(200);
  await rtc.open(request);
  expect(rtc.size).toBe(2);
});

it('skips a port of the range that another program uses', async () => {
  const port = await freeRange();
  const other = createSocket('udp4').bind(port.begin, '127.0.0.1');
  await once(other, 'listening');
  try {
    const rtc = webRtc({ port });
    const { answer } = await rtc.open(request);
    expect(answer).toContain(` ${port.end} typ host`);
    await expect(rtc.open(request)).rejects.toMatchObject({ code: 'webrtc_full' });
  } finally {
    other.close();
  }
});

it('releases the memory of a closed session', async () => {
  const rtc = webRtc({});
  const ended: WeakRef<object>[] = [];
  const openAndEnd = async (): Promise<void> => {
    const session = await rtc.open(request);
    ended.push(new WeakRef(session));
    session.close();
    await session.closed;
  };
  for (let made = 0; made < 5; made += 1) await openAndEnd();
  expect(rtc.size).toBe(0);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const alive = (): number => {
    collect();
    return ended.filter((each) => each.deref() !== undefined).length;
  };
  await expect.poll(alive, { timeout: 10_000 }).toBe(0);
});
