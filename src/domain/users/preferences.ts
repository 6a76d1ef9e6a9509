import { languages } from '../../messages/language.ts';

/**
 * How a browser wants Porthole's pages. The first value of each is the default. They belong to the browser and not to the
 * account: a phone and a screen on the wall of the same person differ.
 */
export const preferenceChoices = {
  /** The language; `auto` follows the browser's (`Accept-Language`). */
  language: ['auto', ...languages],
  /** The colours; `system` follows the browser. */
  theme: ['system', 'light', 'dark'],
  /** How much data video and thumbnails may take; `auto` follows the browser's data saver. */
  data: ['auto', 'full', 'reduced'],
} as const;

/** The name of a preference, which is also its field in forms and in the cookie. */
export type PreferenceName = keyof typeof preferenceChoices;

/** One value of each of {@link preferenceChoices}. */
export type Preferences = { readonly [Name in PreferenceName]: (typeof preferenceChoices)[Name][number] };

export const preferenceNames = Object.keys(preferenceChoices) as readonly PreferenceName[];

/** The preferences of a browser that has chosen nothing. */
export const defaultPreferences = withPreferences({} as Preferences, {});

/** Preferences with some replaced. Values that don't exist, and fields of other names, are ignored. */
export function withPreferences(before: Preferences, fields: Readonly<Record<string, unknown>>): Preferences {
  const chosen = preferenceNames.map((name) => {
    const choices: readonly unknown[] = preferenceChoices[name];
    return [name, choices.includes(fields[name]) ? fields[name] : (before[name] ?? choices[0])];
  });
  return Object.fromEntries(chosen) as Preferences;
}
