/** The languages that Porthole speaks, as in `project.inlang/settings.json`; the first one where no other is asked for. */
export const languages = ['en', 'de'] as const;

/** A language that Porthole speaks, as a tag for `lang` attributes (BCP 47). */
export type Language = (typeof languages)[number];

let current: Language = languages[0];

/** The language of messages that name none: English, or that of {@link inLanguage}. */
export function currentLanguage(): Language {
  return current;
}

/**
 * Calls a function whose messages are all in one language, such as one that renders a page. It must be synchronous:
 * requests take turns, and each sets the language for as long as it renders.
 */
export function inLanguage<T>(language: Language, render: () => T): T {
  const before = current;
  current = language;
  try {
    return render();
  } finally {
    current = before;
  }
}

/** True for the tag of a language that Porthole speaks. */
export function isLanguage(tag: unknown): tag is Language {
  return languages.some((language) => language === tag);
}
