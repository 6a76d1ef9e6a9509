import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A faulty network between an RTSP camera and the server that reads it, over TCP or UDP. */
export interface RtspLink extends AsyncDisposable {
  /** The camera's address behind this link, without `#udp`. */
  readonly url: string;
  /** The share of UDP packets of the camera that are lost, from 0 to 1. */
  loss: number;
  /** The number of UDP packets lost so far. */
  readonly lost: number;
  /** Drops everything that the camera sends, and keeps its connections. */
  isSilent: boolean;
  /** Closes every connection; new ones are accepted. */
  cut(): void;
  /** Puts bytes that belong to nothing between two packets of each interleaved stream (RFC 2326, section 10.12). */
  disturb(junk: Buffer): void;
}

/** Puts a link in front of an RTSP server on 127.0.0.1. */
export async function startRtspLink(camera: string): Promise<RtspLink> {
  const { port, pathname } = new URL(camera);
  const open = new Set<{ destroy(): void }>();
  const packetEnds = new Map<Socket, PacketEnds>();
  const listener = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    const ends = new PacketEnds();
    const udp: UdpSocket[] = [];
    packetEnds.set(near, ends);
    const pair = {
      destroy(): void {
        near.destroy();
        far.destroy();
        for (const socket of udp.splice(0)) socket.close();
        packetEnds.delete(near);
        open.delete(pair);
      },
    };
    open.add(pair);
    for (const socket of [near, far]) socket.on('error', () => undefined).once('close', () => pair.destroy());
    far.on('data', (bytes: Buffer) => {
      if (!link.isSilent) near.write(ends.pass(bytes));
    });
    // One request after another: the ports of one are open before the next arrives.
    near.on('data', (bytes: Buffer) => void throughUdp(bytes, udp).then((request) => far.write(request)));
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');

  /** Replaces the UDP ports of a request by our own, whose packets go on to those of the request. */
  async function throughUdp(request: Buffer, sockets: UdpSocket[]): Promise<Buffer> {
    const text = request.toString('latin1');
    const asked = /client_port=(\d+)-(\d+)/.exec(text);
    if (asked === null) return request;
    const ours: number[] = [];
    for (const wanted of asked.slice(1).map(Number)) {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.on('message', (packet) => {
        if (link.isSilent) return;
        if (Math.random() < link.loss) lost += 1;
        else socket.send(packet, wanted, '127.0.0.1');
      });
      sockets.push(socket);
      ours.push(socket.address().port);
    }
    return Buffer.from(text.replace(asked[0], `client_port=${ours.join('-')}`), 'latin1');
  }

  let lost = 0;
  const link: RtspLink = {
    url: `rtsp://127.0.0.1:${(listener.address() as AddressInfo).port}${pathname}`,
    loss: 0,
    isSilent: false,
    get lost() {
      return lost;
    },
    cut() {
      for (const each of open) each.destroy();
    },
    disturb(junk) {
      for (const ends of packetEnds.values()) ends.junk = junk;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const each of open) each.destroy();
      await once(listener, 'close');
    },
  };
  return link;
}

/** Finds the ends of interleaved packets in the bytes that a camera sends after PLAY. */
class PacketEnds {
  /** Put at the next end of a packet, once. */
  junk: Buffer | null = null;
  #left = 0;

  pass(bytes: Buffer): Buffer {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        const isPacket = bytes[at] === 0x24 && at + 4 <= bytes.length;
        if (isPacket && this.junk !== null) {
          const disturbed = Buffer.concat([bytes.subarray(0, at), this.junk, bytes.subarray(at)]);
          at += this.junk.length;
          this.junk = null;
          bytes = disturbed;
        }
        // A reply, or half a header: up to the end of this chunk.
        this.#left = isPacket ? 4 + bytes.readUInt16BE(at + 2) : bytes.length - at;
      }
      const step = Math.min(this.#left, bytes.length - at);
      at += step;
      this.#left -= step;
    }
    return bytes;
  }
}
