// The messages that scripts/build-messages.mjs compiles from the files in this folder. Their keys are read from the English
// files, so that types need no compiled messages. Values are checked by catalogue.test.ts.

// An import would make this file a module, which cannot declare another one.
/* eslint-disable @typescript-eslint/consistent-type-imports */

type MessageFiles = typeof import('./account.en.json') &
  typeof import('./camera.en.json') &
  typeof import('./source.en.json') &
  typeof import('./common.en.json') &
  typeof import('./connect.en.json') &
  typeof import('./controls.en.json') &
  typeof import('./driver.en.json') &
  typeof import('./error.en.json') &
  typeof import('./grid.en.json') &
  typeof import('./live.en.json') &
  typeof import('./login.en.json') &
  typeof import('./page.en.json') &
  typeof import('./photos.en.json') &
  typeof import('./player.en.json') &
  typeof import('./settings.en.json') &
  typeof import('./setup.en.json') &
  typeof import('./states.en.json') &
  typeof import('./users.en.json');

declare module '#messages' {
  /** The key of a message. */
  export type MessageKey = keyof MessageFiles;

  /** A value in a message. */
  export type MessageValue = string | number;

  /** Says a message with its values in a language, by default in the current one. */
  export type Message = (
    values?: Readonly<Record<string, MessageValue>>,
    options?: { readonly locale?: import('./language.ts').Language },
  ) => string;

  /** Every message by its key. */
  export const m: Readonly<Record<MessageKey, Message>>;
}
