import { attributeOf, attributesOf, bundleOf, parseDescription } from '../../src/formats/sdp/sdp.ts';

/** Payload types that need no `rtpmap`: PCMU and PCMA (RFC 3551, table 4). */
const staticTypes: ReadonlySet<string> = new Set(['0', '8']);

/**
 * What a strict client, such as one on pion, finds wrong with an answer to its offer (RFC 3264, section 6; RFC 9143,
 * section 7.3).
 */
export function faultsOf(answer: string, offer: string): readonly string[] {
  const [answered, offered] = [parseDescription(answer), parseDescription(offer)];
  const faults: string[] = [];
  const bundle = (attributeOf(answered.attributes, 'group') ?? 'BUNDLE').split(' ').slice(1);
  if (bundle.some((mid) => !bundleOf(offered, mid).includes(mid))) faults.push('a bundle was not offered');
  const shape = ({ sections }: typeof answered): string =>
    sections.map(({ kind, protocol, mid }) => `${kind} ${protocol} ${mid}`).join(', ');
  if (shape(answered) !== shape(offered)) faults.push(`the sections differ: ${shape(answered)}`);
  const ports = [...answer.matchAll(/^m=\S+ (\d+)/gm)].map(([, port]) => Number(port));
  for (const [index, { kind, protocol, formats, mid, attributes }] of answered.sections.entries()) {
    const isRejected = ports[index] === 0;
    const mapped = attributesOf(attributes, 'rtpmap').map((map) => map.split(' ')[0]);
    for (const format of /\bRTP\b/.test(protocol) ? formats : []) {
      if (!mapped.includes(format) && !staticTypes.has(format)) faults.push(`${kind} ${format} has no rtpmap`);
      const wasOffered = offered.sections[index]?.formats.includes(format);
      if (!isRejected && !wasOffered) faults.push(`${kind} ${format} was not offered`);
    }
    const isBundled = bundleOf(offered, mid).includes(mid) && !isRejected;
    if (bundle.includes(mid) !== isBundled) faults.push(`${kind} ${mid} is bundled, or not, against the offer`);
    const transport = ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup'].map((name) => attributeOf(attributes, name));
    if (!isRejected && transport.includes(undefined)) faults.push(`${kind} ${mid} has no transport`);
    if (isRejected && transport.some((value) => value !== undefined)) faults.push(`${kind} ${mid} has a transport`);
  }
  return faults;
}
