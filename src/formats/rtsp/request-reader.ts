import { headerValue, parseRtspHead, type RtspRequest } from './rtsp-message.ts';

/** A packet that a client sends on the connection of its requests (RFC 2326, section 10.12): RTCP, usually. */
export interface ClientPacket {
  readonly kind: 'packet';
  readonly channel: number;
  /** Without the four bytes of its header; shares the memory of the data that was pushed. */
  readonly bytes: Buffer;
}

/** Data that isn't a request: nothing further can be read from the connection. */
export interface BadRequest {
  readonly kind: 'bad';
  /** The status to answer with. */
  readonly status: 400 | 413 | 505;
}

/** One item that a client sends. */
export type ClientItem = RtspRequest | ClientPacket | BadRequest;

/** The longest head of a request, its body, and a packet, in bytes. */
export const requestLimits = { head: 8 * 1024, body: 16 * 1024, packet: 4 * 1024 } as const;

const [dollar, lineFeed, carriageReturn] = [0x24, 0x0a, 0x0d];
const otherVersion = /^[A-Z_]+[ \t]+\S+[ \t]+RTSP\/[2-9](\.\d)?[ \t]*\r?$/;

/**
 * Splits the bytes of an RTSP client into requests and packets. It keeps at most one incomplete request. After
 * {@link BadRequest}, it ignores everything.
 */
export class RequestReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** How many bytes have been searched for the end of the head. */
  #searched = 0;
  #isBroken = false;

  /** Takes the next bytes, and returns everything that is complete. */
  push(chunk: Buffer): ClientItem[] {
    const items: ClientItem[] = [];
    if (this.#isBroken) return items;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    for (let item = this.#next(); item !== null; item = this.#next()) {
      items.push(item);
      if (item.kind === 'bad') {
        this.#isBroken = true;
        this.#bytes = Buffer.alloc(0);
        break;
      }
    }
    return items;
  }

  #next(): ClientItem | null {
    // Some clients end a request with more empty lines than they have to.
    let at = 0;
    while (this.#bytes[at] === carriageReturn || this.#bytes[at] === lineFeed) at += 1;
    if (at > 0) this.#take(at);
    if (this.#bytes.length === 0) return null;
    return this.#bytes[0] === dollar ? this.#packet() : this.#request();
  }

  #packet(): ClientItem | null {
    if (this.#bytes.length < 4) return null;
    const length = this.#bytes.readUInt16BE(2);
    if (length > requestLimits.packet) return { kind: 'bad', status: 413 };
    if (this.#bytes.length < 4 + length) return null;
    const packet = this.#take(4 + length);
    return { kind: 'packet', channel: packet[1] as number, bytes: packet.subarray(4) };
  }

  #request(): ClientItem | null {
    const bytes = this.#bytes;
    // Something else, such as a TLS handshake, has no lines to wait for.
    if (!isMethodStart(bytes[0] as number)) return { kind: 'bad', status: 400 };
    const end = endOfHead(bytes, this.#searched);
    if (end === null) {
      this.#searched = Math.max(0, bytes.length - 2);
      return bytes.length > requestLimits.head ? { kind: 'bad', status: 413 } : null;
    }
    if (end > requestLimits.head) return { kind: 'bad', status: 413 };
    const head = parseRtspHead(bytes.subarray(0, end));
    if (head?.kind !== 'request') return { kind: 'bad', status: 400 };
    const [first = ''] = bytes.toString('latin1', 0, end).split('\n', 1);
    if (otherVersion.test(first)) return { kind: 'bad', status: 505 };
    const written = headerValue(head.headers, 'content-length') ?? '0';
    if (!/^\d{1,9}$/.test(written)) return { kind: 'bad', status: 400 };
    const length = Number(written);
    if (length > requestLimits.body) return { kind: 'bad', status: 413 };
    if (bytes.length < end + length) {
      this.#searched = end - 3;
      return null;
    }
    const message = this.#take(end + length);
    return { ...head, body: Buffer.from(message.subarray(end)) };
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    this.#searched = 0;
    return taken;
  }
}

function isMethodStart(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** The offset behind the empty line that ends a head; lines may end in LF alone. Null while it has not arrived. */
function endOfHead(bytes: Buffer, from: number): number | null {
  for (let at = bytes.indexOf(lineFeed, from); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at + 1] === lineFeed) return at + 2;
    if (bytes[at + 1] === carriageReturn && bytes[at + 2] === lineFeed) return at + 3;
  }
  return null;
}
