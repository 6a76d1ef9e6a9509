import type { Random } from './random.ts';
import { type Attack, type Target } from './target.ts';
import type { Client } from '../support/client.ts';

interface Form {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

const pages = [
  '/',
  '/photos',
  '/settings',
  '/settings/cameras/new',
  '/settings/cameras/front',
  '/settings/users',
  '/account',
];
/** Would end the session of the attack, lock it out by wrong passwords, or cost a hash each. */
const skipped = /logout|password|revoke|login|settings\/users$/;

/** The forms of all pages, with changed fields, as an admin's browser would send them. */
export async function forms(target: Target): Promise<Attack> {
  const client = await target.server.signIn();
  const found = new Map<string, Form>();
  for (const page of pages) {
    for (const form of formsIn(await (await client.request(page)).text(), page)) found.set(form.action, form);
  }
  const all = [...found.values()].filter(({ action }) => !skipped.test(action) && !target.keeps(action));
  if (all.length < 5) throw new Error(`the pages have only ${all.length} forms: ${[...found.keys()].join(', ')}`);
  return {
    name: 'forms',
    async step(step) {
      const { random } = step;
      const { action, fields } = random.pick(all);
      const body = changed(random, fields);
      const type = random.chance(0.95)
        ? 'application/x-www-form-urlencoded'
        : random.pick(['multipart/form-data; boundary=x', 'text/plain']);
      step.note(`POST ${action} ${type} ${body}`);
      if (target.keeps(body)) return;
      const headers = { ...sessionOf(client), 'content-type': type };
      await target.request(action, { method: 'POST', headers, body }, step);
    },
  };
}

function sessionOf(client: Client): Record<string, string> {
  return { cookie: client.cookie, 'x-csrf-token': client.csrf, origin: client.url };
}

function changed(random: Random, fields: Readonly<Record<string, string>>): string {
  const entries = Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    if (name === '_csrf') return [[name, value]];
    if (random.chance(0.1)) return [];
    const changed = random.chance(0.4) ? random.text() : value;
    return random.chance(0.1)
      ? [
          [name, changed],
          [name, random.text()],
        ]
      : [[random.chance(0.05) ? random.text() : name, changed]];
  });
  if (random.chance(0.2)) entries.push([random.pick(['__proto__', 'next', 'camera', 'x[y]']), random.text()]);
  const body = new URLSearchParams(entries.map(([name, value]) => [name, value.toWellFormed()])).toString();
  return random.chance(0.05) ? random.mutate(Buffer.from(body)).toString('latin1') : body;
}

function formsIn(html: string, page: string): readonly Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([^]*?)<\/form>/g)].flatMap(([, head = '', inner = '']) => {
    const actions = [attribute(head, 'action') ?? page];
    for (const [, tag = ''] of inner.matchAll(/<button\b([^>]*)>/g)) actions.push(attribute(tag, 'formaction') ?? '');
    const tags = [...inner.matchAll(/<(?:input|select|textarea|button)\b([^>]*)>/g)].map(([, tag = '']) => tag);
    const fields = tags.flatMap((tag): [string, string][] => {
      const name = attribute(tag, 'name');
      return name === undefined ? [] : [[name, attribute(tag, 'value') ?? '1']];
    });
    if (attribute(head, 'method')?.toLowerCase() !== 'post') return [];
    return actions
      .filter((action) => action.startsWith('/'))
      .map((action) => ({ action, fields: Object.fromEntries(fields) }));
  });
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');
}
