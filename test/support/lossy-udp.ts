import { createSocket, type Socket } from 'node:dgram';
import type { BrowserContext } from 'playwright-core';
import { eventually, type Site } from './site.ts';
import { watchByWhep } from './whep-page.ts';

/** A UDP link between clients and a server that loses packets. */
export interface LossyUdp extends AsyncDisposable {
  /** The port of 127.0.0.1 that clients use. */
  readonly port: number;
  /** The share of packets that are lost in each direction, from 0 to 1. */
  loss: number;
  /** The delay of each packet, in milliseconds. */
  delay: number;
  /** The number of packets lost so far. */
  readonly lost: number;
}

/** Puts a lossy link in front of a server's UDP port on 127.0.0.1. */
export async function startLossyUdp(server: number): Promise<LossyUdp> {
  const near = createSocket('udp4');
  const clients = new Map<number, Socket>();
  await new Promise<void>((resolve) => near.bind(0, '127.0.0.1', resolve));
  const line = {
    port: near.address().port,
    loss: 0,
    delay: 0,
    lost: 0,
    async [Symbol.asyncDispose]() {
      isOpen = false;
      for (const socket of [near, ...clients.values()]) {
        await new Promise<void>((resolve) => socket.close(() => resolve()));
      }
    },
  };
  let isOpen = true;
  const pass = (send: () => void): void => {
    if (Math.random() < line.loss) line.lost += 1;
    else if (line.delay === 0) send();
    else setTimeout(() => isOpen && send(), line.delay);
  };
  near.on('message', (packet, { port }) => {
    let far = clients.get(port);
    if (far === undefined) {
      far = createSocket('udp4');
      far.bind(0, '127.0.0.1');
      far.on('message', (answer) => pass(() => near.send(answer, port, '127.0.0.1')));
      clients.set(port, far);
    }
    const to = far;
    pass(() => to.send(packet, server, '127.0.0.1'));
  });
  return line;
}

/** Puts a lossy link in front of the WebRTC port of a site's server. */
export async function lineBefore(site: Site): Promise<LossyUdp> {
  // The ports are open after the first offer.
  const page = await site.open('/healthz', { complaints: /favicon/ });
  await watchByWhep(page, { url: '/cameras/front/whep' });
  const port = () => site.server.log.find(({ msg }) => msg === 'WebRTC is ready')?.udp;
  await eventually(port).toBeTypeOf('number');
  await page.close();
  return startLossyUdp(Number(port()));
}

/** Makes a visitor's pages use only that link for WebRTC, and no TCP. */
export async function useLine(visitor: BrowserContext, { port }: LossyUdp): Promise<void> {
  await visitor.addInitScript((port) => {
    const Real = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Real {
      override setRemoteDescription(description?: RTCSessionDescriptionInit): Promise<void> {
        const lines = (description?.sdp ?? '').split('\r\n').filter((line) => !/^a=candidate:.* tcp /.test(line));
        const moved = lines.map((line) => line.replace(/^(a=candidate:\w+ 1 udp \d+ )\S+ \d+/, `$1127.0.0.1 ${port}`));
        return super.setRemoteDescription({ type: description?.type ?? 'answer', sdp: moved.join('\r\n') });
      }
    };
  }, port);
}
