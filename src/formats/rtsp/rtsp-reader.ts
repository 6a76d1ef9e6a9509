import { beyondLimit, cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { headerValue, parseRtspHead, type RtspReply, type RtspRequest } from './rtsp-message.ts';

/** One packet of interleaved media (RFC 2326, section 10.12). */
export interface RtspPacket {
  /** `stray` on a channel that nobody has set up. */
  readonly kind: 'packet' | 'stray';
  readonly channel: number;
  /** The packet with its header of four bytes, in the memory of the chunk that was pushed. */
  readonly bytes: Buffer;
}

/** Data of something that does not speak RTSP: its first bytes. */
export interface NotRtsp {
  readonly kind: 'other';
  readonly start: Buffer;
}

/** Packets on channels that nobody has set up are read as a whole up to this length, in bytes. */
const longestUnknown = 4096;
const [dollar, lineFeed, carriageReturn, letterR] = [0x24, 0x0a, 0x0d, 0x52];
const replyStart = Buffer.from('RTSP/');

/**
 * Splits the data of an RTSP server or client into replies, requests and media packets.
 *
 * Once media flow, it survives anything between two packets, such as zeros, empty lines, text, or half a packet: it
 * searches the next bytes that can begin a packet or a reply. Before, such data are {@link NotRtsp}.
 */
export class RtspReader {
  /** The channels of the media that were set up. */
  readonly channels = new Set<number>();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  /** True if the buffered bytes do not start where a packet ended. */
  #lost = false;
  /** False until the first reply or request. */
  #speaksRtsp = false;

  /**
   * Takes the next bytes, and returns everything that is complete. The chunk's memory is not used after that.
   *
   * @throws {PortholeError} `source_beyond_limits` for a message beyond {@link cameraLimits}, before media flow.
   */
  *push(chunk: Buffer): Generator<RtspReply | RtspRequest | RtspPacket | NotRtsp> {
    if (this.#bytes.length === 0) this.#bytes = chunk;
    else this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const item = this.#next();
      if (item === null) break;
      if (item !== 'skipped') yield item;
    }
    // The caller may use the chunk's memory again.
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#at));
    this.#at = 0;
  }

  /** Reads one item; null if it has not arrived completely. */
  #next(): RtspReply | RtspRequest | RtspPacket | NotRtsp | 'skipped' | null {
    const bytes = this.#bytes;
    while (this.#at < bytes.length && isPadding(bytes[this.#at])) this.#at += 1;
    if (this.#at === bytes.length) return null;
    if (this.#lost) return this.#search();
    if (bytes[this.#at] === dollar) return this.#packet();
    return this.#message();
  }

  #packet(): RtspPacket | NotRtsp | 'skipped' | null {
    const [bytes, at] = [this.#bytes, this.#at];
    if (bytes.length - at < 4) return null;
    const channel = bytes[at + 1] as number;
    const length = bytes.readUInt16BE(at + 2);
    const known = this.channels.has(channel);
    if (known && length > 0) {
      if (bytes.length - at < 5) return null;
      if (!isRtp(bytes[at + 4])) return this.#lose();
    }
    if (!known && length > longestUnknown) return this.#lose();
    const end = at + 4 + length;
    if (bytes.length < end) return null;
    this.#at = end;
    if (!known && !(length > 0 && isRtp(bytes[at + 4]))) return 'skipped';
    return { kind: known ? 'packet' : 'stray', channel, bytes: bytes.subarray(at, end) };
  }

  #message(): RtspReply | RtspRequest | NotRtsp | 'skipped' | null {
    const [bytes, at] = [this.#bytes, this.#at];
    const line = bytes.indexOf(lineFeed, at);
    const firstLine = bytes.subarray(at, line === -1 ? bytes.length : line);
    // A line that cannot begin a message must not hold up the media behind it.
    if (!(line === -1 ? mayBegin(firstLine) : parseRtspHead(firstLine) !== null)) return this.#lose();
    const end = line === -1 ? null : endOfHead(bytes, at);
    if (end === null)
      return bytes.length - at > cameraLimits.rtspHead ? this.#loseLong('headers', cameraLimits.rtspHead) : null;
    const head = parseRtspHead(bytes.subarray(at, end));
    if (head === null) return this.#lose();
    const length = Number(/^\d{1,15}$/.exec(headerValue(head.headers, 'content-length') ?? '0')?.[0] ?? 0);
    if (length > cameraLimits.rtspBody) return this.#loseLong('a description', cameraLimits.rtspBody);
    if (bytes.length < end + length) return null;
    this.#at = end + length;
    this.#speaksRtsp = true;
    return { ...head, body: Buffer.from(bytes.subarray(end, end + length)) };
  }

  #loseLong(what: string, most: number): NotRtsp | 'skipped' {
    if (this.#isStreaming) return this.#lose();
    const limit = `${most / 1024}\u00a0KB`;
    throw beyondLimit(`${what} of more than ${limit}`, `up to ${limit}`);
  }

  #lose(): NotRtsp | 'skipped' {
    if (!this.#isStreaming) {
      const start = this.#bytes.subarray(this.#at);
      this.#at = this.#bytes.length;
      return { kind: 'other', start };
    }
    this.#at += 1;
    this.#lost = true;
    return 'skipped';
  }

  /** True once media may flow. */
  get #isStreaming(): boolean {
    return this.#speaksRtsp && this.channels.size > 0;
  }

  /** Moves to the next bytes that can begin a packet or a reply. */
  #search(): 'skipped' | null {
    const bytes = this.#bytes;
    for (; this.#at < bytes.length; this.#at += 1) {
      const found = bytes[this.#at] === dollar ? this.#isPacketAt(this.#at) : this.#isReplyAt(this.#at);
      if (found === null) return null;
      if (!found) continue;
      this.#lost = false;
      return 'skipped';
    }
    return null;
  }

  /** True if a packet can begin here; null while that cannot be decided. */
  #isPacketAt(at: number): boolean | null {
    const bytes = this.#bytes;
    if (bytes.length > at + 1 && !this.channels.has(bytes[at + 1] as number)) return false;
    if (bytes.length < at + 5) return null;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 8 || !isRtp(bytes[at + 4])) return false;
    const behind = bytes[at + 4 + length];
    return behind === undefined
      ? length <= longestUnknown
      : isPadding(behind) || behind === dollar || behind === letterR;
  }

  /** True if a reply begins here; null while that cannot be decided. */
  #isReplyAt(at: number): boolean | null {
    const start = this.#bytes.subarray(at, at + replyStart.length);
    if (!replyStart.subarray(0, start.length).equals(start)) return false;
    return start.length === replyStart.length ? true : null;
  }
}

function isPadding(byte: number | undefined): boolean {
  return byte === 0 || byte === carriageReturn || byte === lineFeed;
}

/** True if RTP or RTCP can begin with this byte: both are of version 2 (RFC 3550). */
function isRtp(byte: number | undefined): boolean {
  return ((byte ?? 0) & 0xc0) === 0x80;
}

/** True if the start of a line can become the first line of a message. */
function mayBegin(line: Buffer): boolean {
  return line.length < 2048 && /^[A-Z_]+(?:[ \t/][\t\r\x20-\x7e\x80-\xff]*)?$/.test(line.toString('latin1'));
}

/** The offset behind the empty line that ends the head starting at `at`; null while it has not arrived. */
function endOfHead(bytes: Buffer, at: number): number | null {
  let start = at;
  for (;;) {
    const end = bytes.indexOf(lineFeed, start);
    if (end === -1) return null;
    if (bytes.subarray(start, end).every((byte) => byte === carriageReturn)) return end + 1;
    start = end + 1;
  }
}
