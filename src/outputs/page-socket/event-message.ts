import { messageHeaderLength, writeMessageHeader } from '../../formats/websocket/message-header.ts';
import type { Language } from '../../messages/language.ts';
import { spoken } from '../../text/spoken.ts';

/** An event for pages as a message of JSON, made once for all pages of a language, with the messages of problems in it. */
export class EventMessage {
  readonly #event: object;
  readonly #messages = new Map<Language, Buffer>();

  constructor(event: object) {
    this.#event = event;
  }

  /** The WebSocket message with its header. It must not be changed. */
  in(language: Language): Buffer {
    const known = this.#messages.get(language);
    if (known !== undefined) return known;
    const text = JSON.stringify(spoken(this.#event, language));
    const length = Buffer.byteLength(text);
    const at = messageHeaderLength(length);
    const message = Buffer.allocUnsafeSlow(at + length);
    writeMessageHeader(message, 'text', length);
    message.write(text, at);
    this.#messages.set(language, message);
    return message;
  }
}
