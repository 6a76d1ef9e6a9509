import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type ProbeMatch, probeMessage, readProbeMatch } from '../../formats/ws-discovery/ws-discovery.ts';

/** Where devices listen (WS-Discovery 1.0, section 2.4). */
const multicast = { address: '239.255.255.250', port: 3702 };
/** How long answers are awaited, in milliseconds: devices answer after up to half a second. */
const duration = 2_000;
/** Datagrams get lost, so a second Probe follows after this time, in milliseconds. */
const repeatAfter = 400;
/** More answers than this are not read, without those of devices that have answered before. */
const mostAnswers = 500;

/** A device that has answered, by its IP address. */
export type Answers = ReadonlyMap<string, ProbeMatch>;

/** Asks all networks of this machine for ONVIF devices. Resolves after two seconds, also without a network. */
export async function discoverDevices(): Promise<Answers> {
  const id = randomUUID();
  const answers = new Map<string, ProbeMatch>();
  let count = 0;
  const addresses = Object.values(networkInterfaces()).flatMap((all = []) =>
    all.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
  const sockets = addresses.map((address) =>
    openSocket(address, (text, sender) => {
      // Devices answer each Probe, and may repeat each answer.
      if (answers.has(sender)) return;
      count += 1;
      if (count > mostAnswers) return;
      const match = readProbeMatch(text, id);
      if (match !== null) answers.set(sender, match);
    }),
  );
  const message = Buffer.from(probeMessage(id));
  const ask = (): void => {
    for (const socket of sockets) socket.ask(message);
  };
  ask();
  await delay(repeatAfter);
  ask();
  await delay(duration - repeatAfter);
  for (const socket of sockets) socket.close();
  return answers;
}

/** A socket on one network. What fails there, such as a network without multicast, only means that it finds nothing. */
function openSocket(address: string, onAnswer: (text: string, sender: string) => void) {
  const socket: Socket = createSocket('udp4');
  let isOpen = true;
  const close = (): void => {
    if (isOpen) socket.close();
    isOpen = false;
  };
  const bound = new Promise<void>((resolve) => {
    socket.on('error', () => {
      close();
      resolve();
    });
    socket.bind(0, address, resolve);
  });
  socket.on('message', (bytes, { address: sender }) => onAnswer(bytes.toString(), sender));
  return {
    ask: (message: Buffer): void =>
      void bound.then(() => {
        if (!isOpen) return;
        try {
          socket.setMulticastInterface(address);
          socket.send(message, multicast.port, multicast.address);
        } catch {
          close();
        }
      }),
    close,
  };
}
