import { isAudio } from '../../../domain/media/audio.ts';
import type { VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import { isOfSubstream } from '../../../domain/media/substream.ts';
import { type StreamName, usualWidth } from './known-streams.ts';

/** The video of both streams as last seen; null before the first frame of one. */
export type KnownVideos = Readonly<Record<StreamName, VideoFormat | null>>;

/** The smallest stream that satisfies the width of each Rendition, by the Rendition's id. */
export function chooseStreams(wanted: readonly WantedRendition[], known: KnownVideos): ReadonlyMap<number, StreamName> {
  const choices = new Map<number, StreamName>();
  for (const rendition of wanted) {
    if (!isAudio(rendition.codec)) choices.set(rendition.id, isSmall(rendition, known) ? 'sub' : 'main');
  }
  const opensMain = [...choices.values()].includes('main');
  // Audio alone opens the smaller stream. With video, it comes from a stream that is open anyway.
  const audio: StreamName = opensMain || known.sub?.audio === undefined ? audioOf(known, opensMain) : 'sub';
  for (const { id, codec } of wanted) if (isAudio(codec)) choices.set(id, audio);
  return choices;
}

function isSmall(rendition: WantedRendition, { main, sub }: KnownVideos): boolean {
  if (sub === null) return rendition.width !== 'source' && rendition.width <= usualWidth;
  return (main === null || sub.width < main.width) && isOfSubstream(rendition, sub);
}

/** A stream that has not been seen may have audio. */
function audioOf({ main, sub }: KnownVideos, opensMain: boolean): StreamName {
  const mayHave = (video: VideoFormat | null): boolean => video === null || video.audio === true;
  if (opensMain && mayHave(main)) return 'main';
  return mayHave(sub) ? 'sub' : 'main';
}
