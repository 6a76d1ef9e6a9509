import { isIP } from 'node:net';

/** An ICE candidate: an address to try (RFC 8839, section 5.1). */
export interface Candidate {
  readonly foundation: string;
  readonly priority: number;
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly tcpType?: string;
}

const line =
  /^candidate:([A-Za-z0-9+/]{1,32}) ([12]) (udp|tcp) (\d{1,10}) ([^\s]{1,253}) (\d{1,5}) typ (host|srflx|prflx|relay)((?: [^\s]+ [^\s]+)*)$/i;

/**
 * Parses a candidate.
 *
 * @returns null if it can't be parsed or used. Host names can't be used: the names behind which browsers hide addresses
 *   (`….local`) only resolve on their network, and we resolve no name for an unknown client. Such clients still connect
 *   to our candidates.
 */
export function readCandidate(text: string): Candidate | null {
  const [, foundation = '', component, protocol = '', priority, address = '', port, type = '', rest = ''] =
    line.exec(text.trim()) ?? [];
  if (component !== '1' || isIP(address) === 0 || Number(port) > 65_535 || Number(priority) >= 2 ** 32) return null;
  const tcpType = / tcptype (\w+)/i.exec(rest)?.[1];
  return {
    foundation,
    priority: Number(priority),
    protocol: protocol.toLowerCase() as Candidate['protocol'],
    address,
    port: Number(port),
    type: type.toLowerCase() as Candidate['type'],
    ...(tcpType === undefined ? {} : { tcpType }),
  };
}

/** Writes a candidate, as {@link readCandidate} parses it. */
export function writeCandidate({ foundation, protocol, priority, address, port, type, tcpType }: Candidate): string {
  const related = type === 'host' ? '' : ` raddr ${isIP(address) === 6 ? '::' : '0.0.0.0'} rport 0`;
  const tcp = tcpType === undefined ? '' : ` tcptype ${tcpType}`;
  return `candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ ${type}${related}${tcp}`;
}

/**
 * The priority of a candidate (RFC 8445, section 5.1.2.1; RFC 6544, section 4.2): UDP before TCP, earlier places before
 * later ones.
 *
 * @param place counts candidates of the same type and protocol, from 0
 */
export function priorityOf(type: 'host' | 'srflx', protocol: Candidate['protocol'], place: number): number {
  const preference = protocol === 'udp' ? 65_535 - place : 2 ** 13 * 4 + 8_191 - place;
  return (
    (type === 'host' && protocol === 'udp' ? 126 : type === 'host' ? 90 : 100) * 2 ** 24 + preference * 2 ** 8 + 255
  );
}
