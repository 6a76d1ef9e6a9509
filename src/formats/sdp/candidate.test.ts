import fc from 'fast-check';
import { Candidate as OtherCandidate } from 'werift';
import { describe, expect, it } from 'vitest';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { type Candidate, priorityOf, readCandidate, writeCandidate } from './candidate.ts';

const candidates: fc.Arbitrary<Candidate> = fc
  .record({
    foundation: fc.stringMatching(/^[A-Za-z0-9+/]{1,32}$/),
    priority: fc.nat({ max: 2 ** 32 - 1 }),
    protocol: fc.constantFrom('udp', 'tcp'),
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    port: fc.nat({ max: 65_535 }),
    type: fc.constantFrom('host', 'srflx', 'prflx', 'relay'),
  })
  .map((each) => (each.protocol === 'tcp' ? { ...each, tcpType: 'passive' } : each));

describe('readCandidate', () => {
  it('reads what writeCandidate writes', () => {
    fc.assert(
      fc.property(candidates, (candidate) => {
        expect(readCandidate(writeCandidate(candidate))).toEqual(candidate);
      }),
      seeded(1_000),
    );
  });

  it.each([
    ['a name', 'candidate:1 1 udp 1 0f1c9a2e.local 50000 typ host'],
    ['the component of RTCP', 'candidate:1 2 udp 1 192.0.2.1 50000 typ host'],
    ['a port too high', 'candidate:1 1 udp 1 192.0.2.1 65536 typ host'],
    ['a priority too high', 'candidate:1 1 udp 4294967296 192.0.2.1 1 typ host'],
    ['another line behind it', 'candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=x:y'],
  ])('refuses %s', (_, text) => {
    expect(readCandidate(text)).toBeNull();
  });

  it('never throws, and never takes long, for any input', () => {
    const valid = 'candidate:1 1 udp 1677729535 192.0.2.7 50001 typ srflx raddr 0.0.0.0 rport 0 generation 0';
    fc.assert(
      fc.property(mutated(Buffer.from(valid)), (bytes) => {
        const candidate = readCandidate(bytes.toString('latin1'));
        if (candidate !== null) expect(readCandidate(writeCandidate(candidate))).toMatchObject(candidate);
      }),
      seeded(3_000),
    );
    const before = process.cpuUsage();
    expect(readCandidate(`${valid} ${'a'.repeat(50_000)} ${'b '.repeat(50_000)}`)).toBeNull();
    expect(process.cpuUsage(before).user / 1_000, 'milliseconds of the CPU').toBeLessThan(1_000);
  });
});

describe('writeCandidate', () => {
  it('is understood by another parser', () => {
    fc.assert(
      fc.property(candidates, (candidate) => {
        const { foundation, priority, transport, host, port, type } = OtherCandidate.fromSdp(
          writeCandidate(candidate).slice('candidate:'.length),
        );
        const { address, protocol } = candidate;
        expect({ foundation, priority, protocol: transport, address: host, port, type }).toEqual({
          foundation,
          priority: candidate.priority,
          protocol,
          address,
          port: candidate.port,
          type: candidate.type,
        });
      }),
      seeded(200),
    );
  });
});

describe('priorityOf', () => {
  it('prefers UDP to TCP, host to server reflexive, and earlier candidates to later ones', () => {
    const ordered = [
      priorityOf('host', 'udp', 0),
      priorityOf('host', 'udp', 1),
      priorityOf('srflx', 'udp', 0),
      priorityOf('host', 'tcp', 0),
      priorityOf('host', 'tcp', 1),
    ];
    expect(ordered).toEqual(ordered.toSorted((a, b) => b - a));
    expect(new Set(ordered).size).toBe(ordered.length);
  });
});
