import { randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { UsageError } from './command.ts';

/** Generates a password of 99 bits that is easy to type: four groups of five letters and digits. */
export function makePassword(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

/**
 * Asks for a new password twice without echo on a terminal; else reads the first line of the standard input. The
 * password is not an option, because every user of a machine can see the arguments of its programs.
 *
 * @throws {UsageError} if there is no password, or the two differ.
 */
export async function readPassword(username: string): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    const [line = ''] = (await text(stdin)).split(/\r?\n/);
    if (line === '') throw new UsageError('Pass the password on the standard input, or use --generate.');
    return line;
  }
  const password = await ask(`New password for ${username}: `);
  if ((await ask('Repeat the password: ')) !== password) throw new UsageError('The passwords do not match.');
  return password;
}

async function ask(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  let typed = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      for (const key of chunk) {
        if (key === '\r' || key === '\n') return typed;
        if (key === '\u0003' || key === '\u0004') throw new UsageError('Cancelled.');
        if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('');
        else if (key >= ' ') typed += key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
