import { PortholeError } from '../domain/errors.ts';
import type { Principal, User } from '../domain/users/user.ts';

/** The User that asks. @throws {PortholeError} `not_signed_in` if nobody is signed in, as with public access. */
export function signedIn(who: Principal): User {
  if (who.user === null) throw new PortholeError('not_signed_in');
  return who.user;
}
