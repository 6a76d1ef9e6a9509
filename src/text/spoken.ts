import { type Problem, defaultSentence, isProblemCode, problems } from '../domain/errors.ts';
import type { Language } from '../messages/language.ts';
import { isSentence, say } from '../messages/sentence.ts';

/**
 * The same plain data with all sentences, and the messages of all problems, in a language. Everything that clients get passes through
 * here: models of pages, JSON of the API, events of a page's WebSocket.
 */
export function spoken<T>(data: T, language: Language): T {
  return translate(data, language) as T;
}

function translate(data: unknown, language: Language): unknown {
  if (Array.isArray(data)) return data.map((each) => translate(each, language));
  if (!isPlain(data)) return data;
  if (isSentence(data)) return say(data, language);
  if (isProblem(data)) return inWords(data, language);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, translate(value, language)]));
}

function inWords({ sentence, ...problem }: Problem, language: Language): Problem {
  if (sentence !== undefined) return { ...problem, message: say(sentence, language) };
  if (problem.message !== problems[problem.code]) return problem;
  return { ...problem, message: say(defaultSentence(problem.code), language) };
}

function isProblem(data: object): data is Problem {
  const { code, message } = data as Partial<Problem>;
  return typeof message === 'string' && isProblemCode(code);
}

function isPlain(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && Object.getPrototypeOf(data) === Object.prototype;
}
