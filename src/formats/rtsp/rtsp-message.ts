/** One header line: the name in lower case, and the value. One character stands for one byte (latin1). */
export type RtspHeader = readonly [name: string, value: string];

/** A reply of RTSP 1.0 (RFC 2326, section 7). */
export interface RtspReply {
  readonly kind: 'reply';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly RtspHeader[];
  readonly body: Buffer;
}

/** A request of RTSP 1.0 (RFC 2326, section 6). */
export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly RtspHeader[];
  readonly body: Buffer;
}

/** The first line of a reply. Servers write other versions, several blanks, and no reason. */
const statusLine = /^RTSP\/\d(?:\.\d)?[ \t]+(\d{3})(?:[ \t](.*))?$/s;
const requestLine = /^([A-Z_]+)[ \t]+(\S+)[ \t]+RTSP\/\d(?:\.\d)?[ \t]*$/;

/**
 * Parses the head of a message. Lines may end in LF alone; lines that are no headers are skipped.
 *
 * @returns null if it is no message of RTSP
 */
export function parseRtspHead(head: Buffer): Omit<RtspReply, 'body'> | Omit<RtspRequest, 'body'> | null {
  const [first = '', ...lines] = head
    .toString('latin1')
    .replaceAll('\r', '')
    .split('\n')
    .filter((line) => line !== '');
  const headers = lines.flatMap((line): RtspHeader[] => {
    const [, name, value] = /^([A-Za-z][\w-]*)[ \t]*:(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()]];
  });
  const [, status, reason = ''] = statusLine.exec(first) ?? [];
  if (status !== undefined) return { kind: 'reply', status: Number(status), reason: reason.trim(), headers };
  const [, method, uri] = requestLine.exec(first) ?? [];
  return method === undefined || uri === undefined ? null : { kind: 'request', method, uri, headers };
}

/** The values of a header, in order. */
export function headerValues(headers: readonly RtspHeader[], name: string): string[] {
  return headers.flatMap(([each, value]) => (each === name ? [value] : []));
}

/** The first value of a header. */
export function headerValue(headers: readonly RtspHeader[], name: string): string | undefined {
  return headerValues(headers, name)[0];
}

/** The bytes of a message. Line breaks in values are removed, so that a value cannot become another header. */
export function writeRtsp(first: string, headers: readonly RtspHeader[], body: Buffer = Buffer.alloc(0)): Buffer {
  const length: RtspHeader[] = body.length === 0 ? [] : [['Content-Length', String(body.length)]];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n\0]/g, '')}`);
  return Buffer.concat([Buffer.from([first, ...lines, '', ''].join('\r\n'), 'latin1'), body]);
}
