import { describe, expect, it } from 'vitest';
import { acceptedLanguage } from './language.ts';

describe('acceptedLanguage', () => {
  it.each([
    ['', 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-de, en;q=0.5', 'de'],
    ['de;q=0.5, en', 'en'],
    ['en;q=0.7,de;q=0.9', 'de'],
    ['fr, de;q=0.8, en;q=0.7', 'de'],
    ['fr', 'en'],
    ['de;q=0, fr', 'en'],
    ['den', 'en'],
    ['de ; q = 0.4 , en ; q = 0.3', 'de'],
    [';;;,,=', 'en'],
  ])('answers "%s" in %s', (header, language) => {
    expect(acceptedLanguage(header)).toBe(language);
  });
});
