import { Transform } from 'node:stream';
import { PortholeError } from '../../domain/errors.ts';
import { redactSource } from '../../domain/source.ts';

/** Filters a server's replies, and fails with a {@link PortholeError} at a reply that must not be passed on. */
export type ReplyGuard = Transform;

/** The maximum length of a message's head, in bytes. No server needs more. */
const longestHead = 64 * 1024;
const dollar = 0x24;
const lineFeed = 0x0a;

/**
 * Passes on the data of an RTSP server (RFC 2326, with interleaved media as in section 10.12), except for redirects,
 * which FFmpeg would follow to an address that has not been checked. Heads are rewritten in a canonical form, so that
 * unusual spelling cannot hide a redirect.
 *
 * Fails with `source_redirected` at a redirect, and with `source_not_video` at data that is not RTSP.
 */
export function guardRtsp(): ReplyGuard {
  let buffered: Buffer = Buffer.alloc(0);
  /** How many more bytes of a body or media packet pass unchanged. */
  let passing = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
      let from = 0;
      let at = 0;
      try {
        for (;;) {
          const passed = Math.min(passing, buffered.length - at);
          at += passed;
          passing -= passed;
          if (at === buffered.length) break;
          if (buffered[at] === dollar) {
            if (buffered.length - at < 4) break;
            passing = 4 + buffered.readUInt16BE(at + 2);
            continue;
          }
          const end = endOfHead(buffered, at);
          if (end === null) break;
          const { text, length } = rewriteRtspHead(linesOf(buffered.subarray(at, end)));
          this.push(Buffer.concat([buffered.subarray(from, at), text]));
          from = at = end;
          passing = length;
        }
        if (at > from) this.push(buffered.subarray(from, at));
        buffered = buffered.subarray(at);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/**
 * Passes on the data of an HTTP server, unless it starts with a redirect. FFmpeg does not follow redirects, but cannot
 * name the target either. Fails with `source_redirected`.
 */
export function guardHttp(): ReplyGuard {
  let head: Buffer | null = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head === null) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.length > longestHead ? head.length : head.indexOf('\n\r\n');
      if (end === -1) return done();
      const [status = '', ...headers] = linesOf(head.subarray(0, end));
      if (/^HTTP\/\S+ 3\d\d/.test(status) && locationOf(headers) !== undefined) return done(redirected(headers));
      done(null, head);
      head = null;
      return undefined;
    },
    flush(done) {
      done(null, head);
    },
  });
}

/** Returns the offset behind the empty line that ends the head starting at `at`; null while it has not arrived. */
function endOfHead(bytes: Buffer, at: number): number | null {
  let start = at;
  for (;;) {
    const end = bytes.indexOf(lineFeed, start);
    if ((end === -1 ? bytes.length : end) - at > longestHead) throw notRtsp();
    if (end === -1) return null;
    if (bytes.toString('latin1', start, end).replaceAll('\r', '') === '') return end + 1;
    start = end + 1;
  }
}

function linesOf(head: Buffer): string[] {
  return head
    .toString('latin1')
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => line !== '');
}

/** Returns the canonical form of a head, and the length of its body in bytes. */
function rewriteRtspHead([first = '', ...headers]: readonly string[]): { text: Buffer; length: number } {
  if (first === '') return { text: Buffer.alloc(0), length: 0 };
  const status = /^RTSP\/\d\.\d +(\d{3})(?: |$)/.exec(first)?.[1];
  // The server may send requests too, which FFmpeg answers or ignores.
  if (status === undefined && !/^[A-Z_]+ \S+ RTSP\/\d\.\d$/.test(first)) throw notRtsp();
  if (status?.startsWith('3') === true) throw redirected(headers);
  const written = valuesOf(headers, 'content-length')[0] ?? '0';
  if (!/^\d{1,7}$/.test(written)) throw notRtsp();
  const length = Number(written);
  const kept = headers.filter((line) => /^[A-Za-z][\w-]*:/.test(line) && !/^(location|content-length):/i.test(line));
  const lines = [first, ...kept, ...(length > 0 ? [`Content-Length: ${length}`] : []), '', ''];
  return { text: Buffer.from(lines.join('\r\n'), 'latin1'), length };
}

function valuesOf(headers: readonly string[], name: string): string[] {
  const start = `${name}:`;
  return headers.filter((line) => line.toLowerCase().startsWith(start)).map((line) => line.slice(start.length).trim());
}

function locationOf(headers: readonly string[]): string | undefined {
  return valuesOf(headers, 'location')[0];
}

function redirected(headers: readonly string[]): PortholeError {
  const target = redactSource(locationOf(headers) ?? 'another address');
  return new PortholeError('source_redirected', {
    message: `The camera redirects Porthole to ${target}. If that address is right, enter it as the camera's address.`,
  });
}

function notRtsp(): PortholeError {
  return new PortholeError('source_not_video', { detail: 'not an RTSP server' });
}
