import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../formats/sdp/candidate.ts';
import { CheckBudget } from './check-budget.ts';
import { RemoteCandidates } from './remote-candidates.ts';

let now = 0;
const budget = (): CheckBudget => new CheckBudget(() => now);

function candidate(address: string, port = 50_000, protocol: Candidate['protocol'] = 'udp'): Candidate {
  return { foundation: '1', priority: 1, protocol, address, port, type: 'host' };
}

describe('a candidate of a client', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.1',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '169.254.169.254',
    '169.254.7.7',
    '::ffff:a9fe:a9fe',
    'fe80::1',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd20:ce::254',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '0.0.0.0',
    '::',
    '224.0.0.251',
    'ff02::fb',
    '255.255.255.255',
  ])('gets no packet at %s', (address) => {
    for (const client of ['192.0.2.1', '2001:db8::1', null, 'nonsense']) {
      expect(new RemoteCandidates(client, budget()).take(candidate(address))).toBe(false);
    }
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['169.254.7.7', '169.254.7.7'],
    ['fe80::1%eth0', 'fe80:0::1'],
  ])('gets packets at the address that its requests come from: %s', (client, address) => {
    const candidates = new RemoteCandidates(client, budget());
    expect(candidates.take(candidate(address))).toBe(true);
    expect(candidates.take(candidate('169.254.169.254'))).toBe(false);
    expect(candidates.take(candidate(address, 0))).toBe(false);
  });

  it('gets packets at the addresses that clients have', () => {
    const candidates = new RemoteCandidates(null, budget());
    for (const address of ['192.168.1.7', '10.0.0.1', '203.0.113.9', '2001:db8::1', 'fd12::7']) {
      expect(candidates.take(candidate(address))).toBe(true);
    }
    expect(candidates.take(candidate('192.168.1.7', 9, 'tcp'))).toBe(false);
  });

  it("gets no packet at other services' ports", () => {
    const candidates = new RemoteCandidates(null, budget());
    const taken = [0, 1, 53, 80, 123, 443, 1_023, 1_024, 65_535].filter((port) =>
      candidates.take(candidate('192.0.2.1', port)),
    );
    expect(taken).toEqual([80, 443, 1_024, 65_535]);
  });

  it('is one of 16, each counted once', () => {
    const candidates = new RemoteCandidates('192.0.2.1', budget());
    const taken = Array.from({ length: 100 }, (_, at) => candidates.take(candidate('192.0.2.1', 2_000 + (at >> 1))));
    expect(taken.filter(Boolean)).toHaveLength(16);
  });
});

describe('checks of all sessions together', () => {
  it('reach an address 16 times in 20 s, and an IPv6 network likewise', () => {
    const all = budget();
    const offers = (address: (at: number) => string): number =>
      Array.from({ length: 50 }, (_, at) =>
        new RemoteCandidates(null, all).take(candidate(address(at), 2_000 + at)),
      ).filter(Boolean).length;
    expect(offers(() => '203.0.113.9')).toBe(16);
    expect(offers((at) => `2001:db8::${at}`)).toBe(16);
    now += 19_000;
    expect(offers(() => '203.0.113.9')).toBe(0);
    now += 1_001;
    expect(offers(() => '203.0.113.9')).toBe(16);
  });

  it('reach 1,024 addresses in 20 s', () => {
    const all = budget();
    const offers = (): number =>
      Array.from({ length: 2_000 }, (_, at) => all.take(`10.0.${at >> 8}.${at & 255}`)).filter(Boolean).length;
    expect(offers()).toBe(1_024);
    now += 20_001;
    expect(offers()).toBe(1_024);
  });
});
