import { type Sentence, sentence } from '../messages/sentence.ts';

/** Why no address of a host has a picture, in a sentence each. */
export const searchWords = {
  nothing: (host: string, ports: readonly number[]): Sentence =>
    ports.length === 1
      ? sentence('settings_search_nothing_port', { host })
      : sentence('settings_search_nothing', { host, ports: ports.join(', ') }),
  loginMissing: (host: string): Sentence => sentence('settings_search_login_missing', { host }),
  loginWrong: (host: string): Sentence => sentence('settings_search_login_wrong', { host }),
  noStream: (host: string, tried: number): Sentence => sentence('settings_search_no_stream', { host, tried }),
} as const;
