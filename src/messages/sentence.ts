import { m, type MessageKey, type MessageValue } from '#messages';
import { type Language, currentLanguage } from './language.ts';

/**
 * A message with its values as plain data. Errors carry it from where they happen, perhaps in another process, to where the
 * reader's language is known. A value may be a message itself.
 */
export interface Sentence {
  readonly key: MessageKey;
  readonly values?: Readonly<Record<string, MessageValue | Sentence>>;
}

/** Makes a {@link Sentence}. */
export function sentence(key: MessageKey, values?: Sentence['values']): Sentence {
  return values === undefined ? { key } : { key, values };
}

/**
 * Says a sentence in a language, by default in the current one. Scripts of pages call messages themselves instead: this
 * function needs all of them.
 */
export function say({ key, values = {} }: Sentence, language: Language = currentLanguage()): string {
  const said = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'object' ? say(value, language) : value,
  ]);
  return m[key](Object.fromEntries(said) as Record<string, MessageValue>, { locale: language });
}

/** What logs contain of a text: English. */
export function inEnglish(text: string | Sentence): string {
  return typeof text === 'string' ? text : say(text, 'en');
}

/** The same sentence, with each text among its values replaced. */
export function replaceTexts({ key, values }: Sentence, replace: (text: string) => string): Sentence {
  if (values === undefined) return { key };
  const replaced = Object.entries(values).map(([name, value]): [string, MessageValue | Sentence] => {
    if (typeof value === 'object') return [name, replaceTexts(value, replace)];
    return [name, typeof value === 'string' ? replace(value) : value];
  });
  return { key, values: Object.fromEntries(replaced) };
}

/** True for a sentence from another process that {@link say} can say. */
export function isSentence(value: unknown): value is Sentence {
  if (typeof value !== 'object' || value === null) return false;
  const { key, values = {} } = value as Partial<Sentence>;
  if (typeof key !== 'string' || !Object.hasOwn(m, key) || typeof values !== 'object' || values === null) return false;
  return Object.values(values).every((each) =>
    typeof each === 'object' ? isSentence(each) : typeof each === 'string' || typeof each === 'number',
  );
}
