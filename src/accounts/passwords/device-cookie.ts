import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stringifySetCookie } from 'cookie';
import { readCookie } from '../session-cookie.ts';

/** The name of the cookie by which a browser is known in which somebody has signed in before. */
export const deviceCookie = 'porthole_device';
/** The longest that browsers keep a cookie, in seconds. */
const longest = 400 * 86_400;

/** The account that a device is known for. */
export interface DeviceOwner {
  readonly id: string;
  /** A new password makes the account's devices unknown again. */
  readonly passwordRevision: number;
}

/**
 * A Set-Cookie value that makes this browser a known device of the account: `DEVICE.USER.PASSWORD.SIGNATURE`. It signs
 * nobody in. It only keeps other people's wrong passwords from locking this browser out.
 */
export function deviceSetCookie(owner: DeviceOwner, secret: string, secure: boolean): string {
  const facts = `${randomBytes(12).toString('base64url')}.${owner.id}.${owner.passwordRevision}`;
  const value = `${facts}.${signatureOf(facts, secret).toString('base64url')}`;
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', maxAge: longest } as const;
  return stringifySetCookie({ ...attributes, name: deviceCookie, value, secure });
}

/** True if a Cookie header may name a device. */
export function hasDevice(header: string | undefined): boolean {
  return readCookie(header, deviceCookie) !== undefined;
}

/** The id of the device in a Cookie header, or null if it is not a known device of this account. */
export function readDevice(header: string | undefined, owner: DeviceOwner | undefined, secret: string): string | null {
  const value = owner === undefined ? undefined : readCookie(header, deviceCookie);
  if (value === undefined || value.length > 300) return null;
  const [device = '', user, password, signature = '', ...more] = value.split('.');
  if (user !== owner?.id || password !== String(owner?.passwordRevision) || more.length > 0) return null;
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(`${device}.${user}.${password}`, secret);
  return given.length === expected.length && timingSafeEqual(given, expected) ? device : null;
}

/** The prefix keeps these signatures apart from those of other cookies under the same secret. */
function signatureOf(facts: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${deviceCookie} ${facts}`).digest();
}
