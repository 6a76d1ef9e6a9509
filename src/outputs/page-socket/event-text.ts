import type { Language } from '../../messages/language.ts';
import { spoken } from '../../text/spoken.ts';

/** An event for pages as JSON, written once for all pages of a language, with the messages of problems in it. */
export class EventText {
  readonly #event: object;
  readonly #texts = new Map<Language, Buffer>();

  constructor(event: object) {
    this.#event = event;
  }

  /** The text in UTF-8. It must not be changed. */
  in(language: Language): Buffer {
    const known = this.#texts.get(language);
    if (known !== undefined) return known;
    const text = Buffer.from(JSON.stringify(spoken(this.#event, language)));
    this.#texts.set(language, text);
    return text;
  }
}
