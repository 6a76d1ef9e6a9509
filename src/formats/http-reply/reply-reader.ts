import { beyondLimit, cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { sentence } from '../../messages/sentence.ts';

/** The head of a reply to an HTTP request. */
export interface ReplyHead {
  /** The name of the protocol: `HTTP`, or that of another server that answers. Empty without a status line. */
  readonly protocol: string;
  /** 200 for a reply without a status line. */
  readonly status: number;
  /** Names in lower case, in their order. One character stands for one byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const statusLine = /^[ \t]*([A-Za-z]+)(?:\/[\d.]*)?[ \t]+(\d{3})(?:\D|$)/;
const headerLine = /^([\w!#$%&'*+.^`|~-]+)[ \t]*:(.*)$/s;

/**
 * Reads the reply to one HTTP/1.x request (RFC 9112) as cameras write it: with LF for CRLF, without a status line or
 * any head, and with a Content-Length that a stream does not keep.
 */
export class ReplyReader {
  #head: ReplyHead | null = null;
  /** The beginning of what cannot be understood yet. */
  #waiting: Buffer = Buffer.alloc(0);
  /** The content of the body. */
  #body: 'plain' | 'chunked' = 'plain';
  /** How many more bytes of the body, or of the current chunk, follow. */
  #left = Infinity;
  #ended = false;

  /** The head; null before it is complete. */
  get head(): ReplyHead | null {
    return this.#head;
  }

  /** True once the body is complete. The body of a stream ends only with the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The values of all headers with this name, in lower case. */
  values(name: string): string[] {
    return (this.#head?.headers ?? []).filter(([each]) => each === name).map(([, value]) => value);
  }

  /**
   * Takes the next bytes of the connection.
   *
   * @returns the bytes of the body among them
   * @throws {PortholeError} `source_beyond_limits` if the head is longer than {@link cameraLimits.httpHead}.
   */
  push(bytes: Buffer): Buffer[] {
    let rest = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#waiting = Buffer.alloc(0);
    if (this.#head === null) {
      const body = this.#readHead(rest);
      if (body === null) return [];
      rest = body;
    }
    return this.#body === 'plain' ? this.#readPlain(rest) : this.#readChunks(rest);
  }

  /** The connection has ended. @returns the part that has arrived of a body that has no head */
  end(): Buffer[] {
    const rest = this.#waiting;
    this.#waiting = Buffer.alloc(0);
    if (this.#head !== null || rest.length === 0) return [];
    this.#head = { protocol: '', status: 200, headers: [] };
    return [rest];
  }

  /** @returns the start of the body; null while the head is incomplete */
  #readHead(bytes: Buffer): Buffer | null {
    const lines: string[] = [];
    for (let at = 0; ;) {
      const end = bytes.indexOf(0x0a, at);
      const first = lines.length === 0;
      if (first && isBody(bytes.subarray(at, end === -1 ? bytes.length : end))) return this.#begin([], bytes);
      if ((end === -1 ? bytes.length : end) > cameraLimits.httpHead) {
        const limit = `${cameraLimits.httpHead / 1024}\u00a0KB`;
        throw beyondLimit(
          sentence('camera_beyond_headers', { size: limit }),
          sentence('camera_beyond_of_them', { size: limit }),
        );
      }
      if (end === -1) {
        this.#waiting = Buffer.from(bytes);
        return null;
      }
      const line = bytes.toString('latin1', at, end).replaceAll('\r', '');
      at = end + 1;
      if (line !== '') lines.push(line);
      else if (!first) {
        const body = this.#begin(lines, bytes.subarray(at));
        // A provisional reply, such as 100 Continue, precedes the final one.
        if (this.#head?.protocol !== 'HTTP' || this.#head.status >= 200) return body;
        this.#head = null;
        return this.#readHead(body);
      }
    }
  }

  #begin([first = '', ...others]: readonly string[], body: Buffer): Buffer {
    const status = statusLine.exec(first);
    const lines = (status === null ? [first, ...others] : others)
      // A line that starts with a blank continues the one before (RFC 9112, section 5.2).
      .reduce<string[]>((all, line) => {
        if (/^[ \t]/.test(line) && all.length > 0) all.push(`${all.pop()} ${line.trim()}`);
        else all.push(line);
        return all;
      }, []);
    const headers = lines.flatMap((line) => {
      const [, name, value = ''] = headerLine.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value.trim()] as const];
    });
    this.#head = { protocol: status?.[1]?.toUpperCase() ?? '', status: Number(status?.[2] ?? 200), headers };
    const length = Number(this.values('content-length')[0] ?? 0);
    if (this.values('transfer-encoding').some((value) => /chunked/i.test(value))) {
      this.#body = 'chunked';
      this.#left = 0;
    } else if (length > 0 && !this.values('content-type').some((type) => /^multipart\//i.test(type))) {
      // Some cameras state a length of 0, or any other, for a stream.
      this.#left = length;
    }
    return body;
  }

  #readPlain(bytes: Buffer): Buffer[] {
    const body = bytes.subarray(0, Math.min(this.#left, bytes.length));
    this.#left -= body.length;
    if (this.#left === 0) this.#ended = true;
    return body.length === 0 ? [] : [body];
  }

  /** Reads chunks (RFC 9112, section 7.1). Data that is not in chunks after all is taken as it is. */
  #readChunks(bytes: Buffer): Buffer[] {
    const body: Buffer[] = [];
    for (let at = 0; !this.#ended && at < bytes.length;) {
      const data = bytes.subarray(at, at + this.#left);
      if (data.length > 0) body.push(data);
      at += data.length;
      this.#left -= data.length;
      if (this.#left > 0) break;
      const end = bytes.indexOf(0x0a, at);
      const line = bytes.toString(
        'latin1',
        at,
        Math.min(end === -1 ? bytes.length : end, at + cameraLimits.httpChunkLine),
      );
      const size = /^([\da-f]{1,8})?\s*(?:;|$)/i.exec(line.trim());
      // A line without end is no line before a chunk.
      const isLine = (end === -1 ? bytes.length : end) - at <= cameraLimits.httpChunkLine;
      if (size === null || !isLine) {
        this.#body = 'plain';
        this.#left = Infinity;
        return [...body, bytes.subarray(at)];
      }
      if (end === -1) {
        this.#waiting = Buffer.from(bytes.subarray(at));
        break;
      }
      at = end + 1;
      // An empty line is the end of the chunk before.
      if (size[1] === undefined) continue;
      this.#left = parseInt(size[1], 16);
      this.#ended = this.#left === 0;
    }
    return body;
  }
}

/** True if the first line of a reply, or its beginning, belongs to a stream without a head. */
function isBody(line: Buffer): boolean {
  const text = line.toString('latin1', 0, 200);
  return text.startsWith('--') || /[^\t\r\x20-\xfe]/.test(text.replaceAll('\xff', '\0'));
}
