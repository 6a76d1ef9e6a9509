import { randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { UsageError } from './command.ts';

/** A password that nobody guesses and anybody can type: 100 bits in groups of five. */
export function makePassword(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  const group = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

/**
 * Asks for a new password twice, unseen, on a terminal; else takes the first line of the standard input. It is no
 * option, for every user of a machine sees the arguments of its programs.
 *
 * @throws {UsageError} if there is none, or the two differ.
 */
export async function readPassword(username: string): Promise<string> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    const [line = ''] = (await text(stdin)).split(/\r?\n/);
    if (line === '') throw new UsageError('Give the password on the standard input, or use --generate.');
    return line;
  }
  const password = await ask(`New password of ${username}: `);
  if ((await ask('Once more: ')) !== password) throw new UsageError('The two are not the same.');
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
        if (key === '\u0003' || key === '\u0004') throw new UsageError('Stopped.');
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
