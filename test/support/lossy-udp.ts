import { createSocket, type Socket } from 'node:dgram';

/** A line for UDP between clients and a server, on which packets get lost. */
export interface LossyUdp extends AsyncDisposable {
  /** Where clients find the server, on 127.0.0.1. */
  readonly port: number;
  /** The share of packets that get lost in either direction, from 0 to 1; 1 is a line that is cut. */
  loss: number;
  /** How many packets got lost so far. */
  readonly lost: number;
}

/** Puts a line before a server's UDP port on 127.0.0.1. */
export async function startLossyUdp(server: number): Promise<LossyUdp> {
  const near = createSocket('udp4');
  const clients = new Map<number, Socket>();
  await new Promise<void>((resolve) => near.bind(0, '127.0.0.1', resolve));
  const line = {
    port: near.address().port,
    loss: 0,
    lost: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of [near, ...clients.values()]) {
        await new Promise<void>((resolve) => socket.close(() => resolve()));
      }
    },
  };
  const passes = (): boolean => {
    const isLost = Math.random() < line.loss;
    if (isLost) line.lost += 1;
    return !isLost;
  };
  near.on('message', (packet, { port }) => {
    let far = clients.get(port);
    if (far === undefined) {
      far = createSocket('udp4');
      far.bind(0, '127.0.0.1');
      far.on('message', (answer) => passes() && near.send(answer, port, '127.0.0.1'));
      clients.set(port, far);
    }
    if (passes()) far.send(packet, server, '127.0.0.1');
  });
  return line;
}
