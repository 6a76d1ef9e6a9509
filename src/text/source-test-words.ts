import { m } from '#messages';
import type { SubstreamTest } from '../domain/cameras/source-test.ts';
import { formatWord } from './format-word.ts';
import { sizeWord } from './numbers.ts';
import { rateWord } from './view-state.ts';

/** What the test of a sub-stream has found, or why it failed, as a sentence. */
export function substreamTestWords(its: SubstreamTest): string {
  return m.settings_substream_test({ found: its.ok ? sourceTestWords(its) : its.problem.message });
}

/** The format that the test of a source has found, as a sentence. */
export function sourceTestWords(found: {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Measured; null if unknown. */
  readonly fps: number | null;
  /** The rate that the source states. */
  readonly claimedFps?: number;
  /** FFmpeg's name of the format. */
  readonly format: string;
}): string {
  const { fps, claimedFps, format } = found;
  const facts = [
    sizeWord(found),
    fps === null ? '' : rateWord(fps, claimedFps),
    // The test pattern's is only a name.
    format === 'test' ? '' : formatWord(format),
  ];
  return m.settings_test_works({ found: facts.filter(Boolean).join(', ') });
}
