import type { ComponentChildren } from 'preact';

/** Renders the words of a marked part. */
export type RichPart = (words: string) => ComponentChildren;

const code: RichPart = (words) => <code>{words}</code>;
const bold: RichPart = (words) => <b>{words}</b>;

/**
 * A message with marked parts: `Under <account>Account</account>`. The function of that name renders the part; `code` and
 * `b` are known. Other marks, as in a camera's name, are text.
 */
export function Rich({ text, ...parts }: { readonly text: string } & Readonly<Record<string, RichPart | string>>) {
  const known: Readonly<Record<string, RichPart | string>> = { code, b: bold, ...parts };
  return (
    <>
      {text.split(/(<\w+>[^<]*<\/\w+>)/).map((piece) => {
        const [, name = '', words = '', end] = /^<(\w+)>([^<]*)<\/(\w+)>$/.exec(piece) ?? [];
        const render = name === end && Object.hasOwn(known, name) ? known[name] : undefined;
        return typeof render === 'function' ? render(words) : piece;
      })}
    </>
  );
}
