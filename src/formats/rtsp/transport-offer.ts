/** A transport that a client offers in SETUP (RFC 2326, section 12.39), of those that there are. */
export type TransportOffer =
  /** In the connection of the requests. */
  | {
      readonly kind: 'tcp';
      /** The channels of RTP and RTCP; null if the server shall choose. */
      readonly channels: readonly [number, number] | null;
    }
  /** UDP to these ports of the client. */
  | { readonly kind: 'udp'; readonly ports: readonly [rtp: number, rtcp: number] };

/** Ports below are those of services of a machine, which have nothing to do with media. */
const lowestPort = 1_024;

/**
 * Reads the header `Transport` of a SETUP.
 *
 * @returns the first offer that a server without multicast and without recording can take; null if there is none
 */
export function readTransportOffer(header: string): TransportOffer | null {
  for (const offer of header.split(',')) {
    const [protocol = '', ...parameters] = offer.split(';').map((each) => each.trim());
    const found = readOffer(protocol.toUpperCase(), parameters);
    if (found !== null) return found;
  }
  return null;
}

function readOffer(protocol: string, parameters: readonly string[]): TransportOffer | null {
  const names = parameters.map((each) => each.toLowerCase().replaceAll(/\s/g, ''));
  if (names.includes('multicast') || names.some((each) => /^mode="?record/.test(each))) return null;
  if (protocol === 'RTP/AVP/TCP') {
    const channels = pair(names, 'interleaved');
    if (channels === 'odd') return null;
    if (channels !== null && (channels[0] === channels[1] || Math.max(...channels) > 255)) return null;
    return { kind: 'tcp', channels };
  }
  if (protocol !== 'RTP/AVP' && protocol !== 'RTP/AVP/UDP') return null;
  const ports = pair(names, 'client_port');
  if (ports === null || ports === 'odd' || Math.min(...ports) < lowestPort || Math.max(...ports) > 65_535) return null;
  return { kind: 'udp', ports };
}

/** A parameter of two numbers, of which the second follows the first by default; null if it is missing. */
function pair(parameters: readonly string[], name: string): readonly [number, number] | 'odd' | null {
  const written = parameters.find((each) => each.startsWith(`${name}=`));
  if (written === undefined) return null;
  const [, first, second] = /^[^=]*="?(\d{1,5})(?:-(\d{1,5}))?"?$/.exec(written) ?? [];
  if (first === undefined) return 'odd';
  return [Number(first), second === undefined ? Number(first) + 1 : Number(second)];
}
