import { connect } from 'node:net';

/** How long a port may take to accept a connection, in milliseconds. A firewall answers nothing at all. */
const limit = 2_000;

/**
 * The TCP ports of a host that accept connections. Nothing is sent.
 *
 * @param addresses the host's IP addresses, already checked
 */
export async function answeringPorts(
  addresses: readonly string[],
  ports: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const answers = await Promise.all(
    ports.map(async (port) => (await Promise.all(addresses.map((host) => accepts(host, port, signal)))).includes(true)),
  );
  return new Set(ports.filter((_port, index) => answers[index]));
}

function accepts(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const give = (answer: boolean): void => {
    socket.destroy();
    resolve(answer);
  };
  socket.once('connect', () => give(true)).on('error', () => give(false));
  socket.setTimeout(limit, () => give(false));
  signal.addEventListener('abort', () => give(false), { once: true });
  return promise;
}
