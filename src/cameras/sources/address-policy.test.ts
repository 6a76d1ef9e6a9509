import { describe, expect, it } from 'vitest';
import { parseSource } from '../../domain/cameras/source.ts';
import { AddressPolicy } from './address-policy.ts';

describe('AddressPolicy', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.9.9.9:8080/',
    'http://localhost/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2130706433/',
    'http://0x7f.1/',
    'rtsp://127.0.0.1/stream',
    'rtsps://127.0.0.1/stream',
    'http://224.0.0.1/',
    'http://[fe80::1]/',
    'http://168.63.129.16/',
    'http://192.0.0.192/latest/',
    'http://100.100.100.200/latest/meta-data/',
    'http://[fd20:ce::254]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:ec2::23]/',
    'http://[fd00:c1::a9fe:a9fe]/',
    'http://[fd00:42::42]/',
  ])('refuses %s', async (url) => {
    await expect(new AddressPolicy([]).resolve(parseSource(url), false)).rejects.toMatchObject({
      code: 'source_address_refused',
      field: 'source',
    });
  });

  it.each(
    ['127.0.0.1', '169.254.169.254', '168.63.129.16', '192.0.0.192', '100.100.100.200', '0.0.0.0'].flatMap(
      (address) => {
        const hex = Buffer.from(address.split('.').map(Number)).toString('hex');
        const [high, low] = [hex.slice(0, 4), hex.slice(4)];
        return [
          `::ffff:${high}:${low}`,
          `::ffff:0:${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `64:ff9b:1:${high}:${low.slice(0, 2)}:${low.slice(2)}00::`,
          `2002:${high}:${low}::1`,
          `2001:db8::5efe:${high}:${low}`,
        ].filter((form) => address !== '0.0.0.0' || !form.startsWith('64:ff9b:1'));
      },
    ),
  )('refuses an address that stands for a refused one: %s', (address) => {
    expect(new AddressPolicy([]).allows(address)).toBe(false);
  });

  it('allows addresses that stand for a camera, and those that stand for a configured one', () => {
    for (const address of ['::ffff:c0a8:114', '64:ff9b::c0a8:114', '64:ff9b:1::c0a8:114', '2002:c0a8:114::1']) {
      expect(new AddressPolicy([]).allows(address)).toBe(true);
    }
    expect(new AddressPolicy(['127.0.0.1']).allows('64:ff9b::7f00:1')).toBe(true);
    expect(new AddressPolicy([]).allows('fe80::1%eth0')).toBe(false);
  });

  it.each(['http://192.168.1.20/video', 'rtsp://10.0.0.5/stream', 'http://172.16.3.4/', 'http://[fd12::1]/'])(
    'allows private addresses: %s',
    async (url) => {
      const addresses = [new URL(url).hostname.replace(/^\[|\]$/g, '')];
      await expect(new AddressPolicy([]).resolve(parseSource(url), false)).resolves.toMatchObject({ addresses });
    },
  );

  it.each([['127.0.0.1'], ['127.0.0.0/8'], ['localhost']])('allows configured addresses: %s', async (allowed) => {
    const host = allowed === 'localhost' ? 'localhost' : '127.0.0.1';
    const policy = new AddressPolicy([allowed]);
    await expect(policy.resolve(parseSource(`http://${host}:8080/`), false)).resolves.toBeDefined();
    await expect(policy.resolve(parseSource('http://169.254.169.254/'), false)).rejects.toBeDefined();
  });

  it('allows any address on the command line', async () => {
    await expect(new AddressPolicy([]).resolve(parseSource('rtsp://127.0.0.1/x'), true)).resolves.toBeDefined();
  });

  it('returns the addresses that it checked', async () => {
    const source = parseSource('https://me:pass@localhost:8080/video?x=1');
    const { addresses = [] } = await new AddressPolicy(['localhost']).resolve(source, false);
    expect(addresses.length).toBeGreaterThan(0);
    expect(['127.0.0.1', '::1']).toEqual(expect.arrayContaining([...addresses]));
  });

  it('reports a name that does not resolve', async () => {
    await expect(
      new AddressPolicy([]).resolve(parseSource('rtsp://no-such-host.invalid/x'), false),
    ).rejects.toMatchObject({ code: 'source_unreachable' });
  });
});
