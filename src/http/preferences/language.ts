import type { FastifyRequest } from 'fastify';
import { type Language, isLanguage, languages } from '../../messages/language.ts';
import { preferencesOf } from './browser-preferences.ts';

/** What a response in the reader's language depends on, for the header `Vary`. */
export const languageFacts = 'accept-language, cookie';

/** The language of a response: the one chosen in the account menu, else that of the browser, else English. */
export function languageOf(request: FastifyRequest): Language {
  const { language } = preferencesOf(request);
  return language === 'auto' ? acceptedLanguage(request.headers['accept-language'] ?? '') : language;
}

/**
 * The language that a client prefers among those that Porthole speaks. A region doesn't matter: `de-AT` is German.
 *
 * @param header `Accept-Language` (RFC 9110, section 12.5.4)
 */
export function acceptedLanguage(header: string): Language {
  const accepted = header
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.toLowerCase().split(';');
      const quality = parameters.map((each) => /^\s*q\s*=\s*([\d.]+)\s*$/.exec(each)?.[1]).find((q) => q !== undefined);
      return { language: tag.trim().split('-')[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
  return accepted.map(({ language }) => language).find(isLanguage) ?? languages[0];
}
