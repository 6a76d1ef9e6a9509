/** The session in a reply to SETUP (RFC 2326, 12.37). */
export interface SessionHeader {
  /** The id, exactly as the server writes it; null if it writes none. */
  readonly id: string | null;
  /** How long the session lasts without a sign of life, in seconds; null if the server does not say. */
  readonly timeout: number | null;
}

/** Reads the header `Session`. Cameras write blanks and quotes around the timeout, and other parameters before it. */
export function readSession(header: string | undefined): SessionHeader {
  const [id = '', ...parameters] = (header ?? '').split(';');
  const timeouts = parameters.flatMap((each) => /^\s*timeout\s*[=:]\s*"?(\d+)/i.exec(each)?.[1] ?? []);
  return { id: id.trim() || null, timeout: Number(timeouts[0] ?? 0) || null };
}

/** The transport in a reply to SETUP (RFC 2326, 12.39). */
export interface TransportHeader {
  /** The channels of interleaved media, RTP's first; empty if the server does not name any. */
  readonly channels: readonly number[];
  /** The server's UDP port for RTP; null if it does not name one. */
  readonly serverPort: number | null;
  /** True if the server means UDP: it names no channels, but UDP ports or no TCP. */
  readonly isUdp: boolean;
}

/** Reads the header `Transport`. Only the first of several transports counts. */
export function readTransport(header: string | undefined): TransportHeader {
  const [transport = ''] = (header ?? '').split(',');
  const numbers = (name: string): number[] => {
    const [, first, last] = new RegExp(`\\b${name}\\s*=\\s*"?(\\d+)(?:\\s*-\\s*(\\d+))?`, 'i').exec(transport) ?? [];
    return [first, last].flatMap((each) => (each === undefined ? [] : [Number(each)]));
  };
  const channels = numbers('interleaved').filter((each) => each < 256);
  const [serverPort = 0] = numbers('server_port');
  const namesPorts = serverPort > 0 || numbers('client_port').length > 0;
  return {
    channels,
    serverPort: serverPort > 0 && serverPort < 65_536 ? serverPort : null,
    isUdp: channels.length === 0 && namesPorts && !/\bTCP\b/i.test(transport),
  };
}
