import { load } from 'koffi';

/** Linux: `<linux/prctl.h>`. */
const PR_SET_NO_NEW_PRIVS = 38;

/** prctl(2); null on other platforms. */
const prctl =
  process.platform === 'linux'
    ? (load(null).func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)') as (
        option: number,
        ...args: readonly [number, number, number, number]
      ) => number)
    : null;

/**
 * Sets `no_new_privs` for the calling thread: it and all processes that it starts from now on gain no privileges from
 * set-user-ID programs. The server needs none of these, and its children inherit the flag in all of their threads, which they
 * could not set themselves.
 */
export function forbidNewPrivileges(): void {
  prctl?.(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
