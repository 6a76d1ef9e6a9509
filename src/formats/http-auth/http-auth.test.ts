import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { authorization, credentialsOf, isNewChallenge, type AuthorizationOptions } from './authorization.ts';
import { parseChallenges } from './challenges.ts';

/** The parameters of an `Authorization` header. */
const read = (header: string | null): Record<string, string> =>
  Object.fromEntries(parseChallenges([header ?? ''])[0]?.parameters ?? []);

const sign = (headers: readonly string[], options: Partial<AuthorizationOptions> = {}): string | null =>
  authorization({
    challenges: parseChallenges(headers),
    method: 'GET',
    uri: '/dir/index.html',
    user: 'Mufasa',
    password: 'Circle of Life',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nonceCount: 1,
    ...options,
  });

const rfc7616 = (algorithm: string): string =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

describe('parseChallenges', () => {
  it.each([
    ['one header', ['Digest realm="a", nonce="1", Basic realm="b"']],
    ['several headers', ['Digest realm="a", nonce="1"', 'Basic realm="b"']],
    ['no quotes', ['Digest realm=a, nonce=1, Basic realm=b']],
    ['no commas', ['Digest realm="a" nonce="1", Basic realm="b"']],
    ['neither', ['Digest realm=a nonce=1 Basic realm=b']],
    ['odd blanks and cases', ['  DIGEST   Realm = "a" ,nonce="1" ,, basic  REALM= "b",']],
    ['semicolons', ['Digest realm="a"; nonce="1"; Basic realm="b"']],
  ])('reads two challenges with %s', (_how, headers) => {
    expect(parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])).toEqual([
      ['digest', { realm: 'a', nonce: '1' }],
      ['basic', { realm: 'b' }],
    ]);
  });

  it('skips schemes that we do not speak', () => {
    const found = parseChallenges(['Negotiate', 'NTLM TlRMTVNTUAACAAAA==', 'Digest realm="a", nonce="b=="']);
    expect(found.find(({ scheme }) => scheme === 'digest')?.parameters.get('nonce')).toBe('b==');
  });

  it.each([
    ['a comma', '"Cam, front"', 'Cam, front'],
    ['escaped quotes', '"The \\"Cam\\""', 'The "Cam"'],
    ['quotes that are not escaped', '"The "Cam" here"', 'The "Cam" here'],
    ['a backslash', '"HOME\\camera"', 'HOME\\camera'],
    ['a parameter in it', '"a=b, c"', 'a=b, c'],
    ['UTF-8', `"${Buffer.from('Tür').toString('latin1')}"`, Buffer.from('Tür').toString('latin1')],
    ['nothing', '""', ''],
    ['blanks and no quotes', 'Login to camera', 'Login to camera'],
  ])('reads a realm with %s', (_what, written, realm) => {
    const [challenge] = parseChallenges([`Digest realm=${written}, nonce="1", qop="auth"`]);
    expect(Object.fromEntries(challenge?.parameters ?? [])).toEqual({ realm, nonce: '1', qop: 'auth' });
  });

  it('reads damaged headers without failing', () => {
    fc.assert(
      fc.property(mutated(Buffer.from(rfc7616('MD5'))), (bytes) => {
        sign([bytes.toString('latin1')]);
      }),
      seeded(500),
    );
  });

  it('reads a long header of quotes in linear time', () => {
    const started = performance.now();
    parseChallenges([`Digest realm="${'" a'.repeat(20_000)}`]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('authorization', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('signs the example of RFC 7616 with %s', (algorithm, response) => {
    expect(read(sign([rfc7616(algorithm)]))).toMatchObject({
      username: 'Mufasa',
      uri: '/dir/index.html',
      qop: 'auth',
      nc: '00000001',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
      algorithm,
      response,
    });
  });

  it('signs the example of RFC 2617', () => {
    const header =
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
    expect(read(sign([header], { password: 'Circle Of Life', cnonce: '0a4f113b' })).response).toBe(
      '6629fae49393a05397450978507c4ef1',
    );
  });

  it('signs without qop as RFC 2069 says', () => {
    const signed = read(sign(['Digest realm="r", nonce="n"'], { user: 'u', password: 'p', uri: '/' }));
    const h = (text: string): string => createHash('md5').update(text).digest('hex');
    expect(signed).toEqual({
      username: 'u',
      realm: 'r',
      nonce: 'n',
      uri: '/',
      response: h(`${h('u:r:p')}:n:${h('GET:/')}`),
    });
  });

  it.each([
    ['MD5-sess', 'md5'],
    ['SHA-256-sess', 'sha256'],
  ])('signs with a session key for %s', (algorithm, hash) => {
    const h = (text: string): string => createHash(hash).update(text).digest('hex');
    const options = { user: 'u', password: 'p', uri: '/', cnonce: 'c' };
    expect(read(sign([`Digest realm="r", nonce="n", qop=auth, algorithm="${algorithm}"`], options)).response).toBe(
      h(`${h(`${h('u:r:p')}:n:c`)}:n:00000001:c:auth:${h('GET:/')}`),
    );
    expect(read(sign([`Digest realm="r", nonce="n", algorithm=${algorithm}`], options))).toMatchObject({
      cnonce: 'c',
      response: h(`${h(`${h('u:r:p')}:n:c`)}:n:${h('GET:/')}`),
    });
  });

  it.each([
    [['MD5', 'SHA-256'], 'SHA-256'],
    [['SHA-256', 'MD5'], 'SHA-256'],
    [['MD5', 'SHA-512-256', 'SHA-256'], 'SHA-512-256'],
    [['TOKEN-9', 'md5'], 'md5'],
  ])('takes the strongest of %s', (offered, chosen) => {
    const digests = offered.map((algorithm) => `Digest realm="r", nonce="${algorithm}", algorithm=${algorithm}`);
    for (const headers of [['Basic realm="r"', ...digests], [[...digests, 'Basic realm="r"'].join(', ')]]) {
      expect(read(sign(headers))).toMatchObject({ algorithm: chosen, nonce: chosen });
    }
  });

  it('signs with auth-int if nothing else is offered', () => {
    const signed = read(sign(['Digest realm="r", nonce="n", qop="auth-int"']));
    expect(signed.qop).toBe('auth-int');
  });

  it('takes Basic if we do not speak the others, and nothing if it is not offered', () => {
    expect(sign(['Digest realm="r", nonce="n", algorithm=AKAv1-MD5', 'Basic realm="r"'])).toMatch(/^Basic /);
    expect(sign(['Negotiate', 'Digest realm="r", nonce="n", algorithm=AKAv1-MD5'])).toBeNull();
    expect(sign([])).toBeNull();
  });

  it('sends any character, as UTF-8', () => {
    const password = 'p@:/?#[]%&=+ ü!"\\';
    const basic = sign(['Basic realm="x"'], { user: 'cäm', password });
    expect(Buffer.from(basic?.split(' ')[1] ?? '', 'base64').toString()).toBe(`cäm:${password}`);
    const signed = read(sign(['Digest realm="r", nonce="n"'], { user: 'c"ä\\', password, uri: '/' }));
    const h = (text: string): string => createHash('md5').update(text).digest('hex');
    expect(Buffer.from(signed.username ?? '', 'latin1').toString()).toBe('c"ä\\');
    expect(signed.response).toBe(h(`${h(`c"ä\\:r:${password}`)}:n:${h('GET:/')}`));
  });
});

it('tells a wrong password from an expired nonce', () => {
  const before = parseChallenges(['Digest realm="r", nonce="1"']);
  expect(isNewChallenge(before, parseChallenges(['Digest realm="r", nonce="1"']))).toBe(false);
  expect(isNewChallenge(before, parseChallenges(['Digest realm="r", nonce="1", stale=TRUE']))).toBe(true);
  expect(isNewChallenge(before, parseChallenges(['Digest realm="r", nonce="2"']))).toBe(true);
  expect(isNewChallenge(before, parseChallenges(['Basic realm="r"']))).toBe(false);
});

it.each([
  ['http://cam/x', null],
  ['rtsp://me@cam/x', { user: 'me', password: '' }],
  ['http://me:p%40%3A%2F%3F%23%20%C3%BC@cam/x', { user: 'me', password: 'p@:/?# ü' }],
  ['http://m%65:100%@cam/x', { user: 'me', password: '100%' }],
])('reads the credentials of %s', (url, credentials) => {
  expect(credentialsOf(url)).toEqual(credentials);
});
