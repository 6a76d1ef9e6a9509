import { expect, it } from 'vitest';
import { HostAddresses, type Lookup } from '../../../cameras/sources/host-addresses.ts';
import type { LocalTransport } from '../negotiation/answer.ts';
import { IceEndpoint } from './ice-endpoint.ts';

const local: LocalTransport = {
  ufrag: 'ours',
  password: 'ours'.repeat(6),
  fingerprint: 'sha-256 AA',
  setup: 'active',
  candidates: [{ foundation: '1', protocol: 'udp', priority: 7, address: '127.0.0.1', port: 1_024, type: 'host' }],
};

/** The addresses of the candidates for a session on a machine that is announced by a name. */
async function addressesWith(lookup: Lookup): Promise<readonly string[]> {
  const options = {
    host: '127.0.0.1',
    port: 'auto',
    tcpPort: 'off',
    addresses: ['192.0.2.5', 'cam.example.org'],
    servers: [],
  } as const;
  const endpoint = await IceEndpoint.open(options, () => undefined, new HostAddresses(lookup));
  try {
    return (await endpoint.reach(local)).map(({ address }) => address);
  } finally {
    await endpoint.close();
  }
}

it('the addresses of an announced host name are candidates', async () => {
  expect(await addressesWith(async () => ['203.0.113.5'])).toEqual(['127.0.0.1', '192.0.2.5', '203.0.113.5']);
});

it('a session has the other candidates if the name server never answers, or knows no such name', async () => {
  const lookups: readonly Lookup[] = [() => new Promise(() => undefined), () => Promise.reject(new Error('EAI_AGAIN'))];
  for (const lookup of lookups) expect(await addressesWith(lookup)).toEqual(['127.0.0.1', '192.0.2.5']);
});
