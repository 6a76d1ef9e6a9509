import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { FramePipe } from '../../channel/frame-pipe.ts';
import { feedPipeDescriptor, FrameReader, framePipeDescriptor } from '../../channel/frames.ts';
import { PassingMemory } from '../../channel/passing-memory.ts';
import type { FromTranscoder, ToTranscoder } from '../../channel/transcoding.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { H264Encoders } from '../encode/h264-encoders.ts';
import { enterSandbox } from '../sandbox.ts';
import type { Feed } from './feed.ts';

/**
 * A transcoder: decodes and encodes tracks whose frames the server sends, for several cameras. The server kills it once it
 * needs none of them; there is nothing to save.
 */

const feeds = new Map<number, Feed>();
/** The feed that makes each Rendition. */
const feedOf = new Map<number, Feed>();
/** Opens the feeds one after the other, after the libraries are loaded. */
let loaded: Promise<(message: Extract<ToTranscoder, { type: 'open' }>) => Feed> | null = null;
const memory = new PassingMemory();

const output = FramePipe.open(framePipeDescriptor, {
  dropped: (rendition) => feedOf.get(rendition)?.countDrop('pipe'),
  needsKeyframe: (rendition) => feedOf.get(rendition)?.requestKeyframe(rendition),
});

function tell(message: FromTranscoder): void {
  if (process.connected) process.send?.(message);
}

function warn(text: string): void {
  tell({ type: 'log', level: 'warn', text });
}

function kill(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Loads FFmpeg's libraries. Before that, this process is confined: their threads would stay outside. */
async function start({ h264Encoder, hidden }: Extract<ToTranscoder, { type: 'start' }>) {
  const cache = getCompileCacheDir();
  enterSandbox({ hidden, readable: [], writable: cache === undefined ? [] : [cache] });
  const [{ VideoFeed }, { AudioFeed }, { H264Encoders }] = await Promise.all([
    import('./video-feed.ts'),
    import('./audio-feed.ts'),
    import('../encode/h264-encoders.ts'),
  ]);
  const h264: H264Encoders = new H264Encoders(h264Encoder, warn);
  const to = { frame: (id: number, frame: Frame) => output.send(id, frame), warn };
  return ({ feed: number, track }: Extract<ToTranscoder, { type: 'open' }>): Feed => {
    if (!('width' in track)) return new AudioFeed(track, to);
    const feed = new VideoFeed(track, to, h264, (message) => {
      tell({ ...message, feed: number });
      if (message.type === 'failed') close(number);
    });
    void feed.run();
    return feed;
  };
}

async function open(message: Extract<ToTranscoder, { type: 'open' }>): Promise<void> {
  const openFeed = await loaded;
  if (openFeed === null) throw new Error('the first message starts a transcoder');
  const feed = openFeed(message);
  feeds.set(message.feed, feed);
  want(message);
  tell({ type: 'opened', feed: message.feed });
  flushCompileCache();
}

function want({ feed: number, renditions }: Extract<ToTranscoder, { type: 'open' | 'renditions' }>): void {
  const feed = feeds.get(number);
  if (feed === undefined) return;
  for (const { id } of renditions) feedOf.set(id, feed);
  feed.want(renditions);
}

function close(number: number): void {
  const feed = feeds.get(number);
  if (feed === undefined) return;
  feeds.delete(number);
  for (const [rendition, of] of feedOf) if (of === feed) feedOf.delete(rendition);
  feed.close();
}

const input = new FrameReader((number, frame) => {
  feeds.get(number)?.take(frame);
  memory.took(frame.bytes.length);
});
new Socket({ fd: feedPipeDescriptor, readable: true, writable: false })
  .on('data', (bytes: Buffer) => input.push(bytes))
  .on('error', kill);

/** Messages are handled in their order. */
let turn: Promise<void> = Promise.resolve();
process.on('message', (message: ToTranscoder) => {
  turn = turn.then(async () => {
    switch (message.type) {
      case 'start':
        loaded = start(message);
        break;
      case 'open':
        return open(message);
      case 'renditions':
        return want(message);
      case 'keyframe':
        return feeds.get(message.feed)?.requestKeyframe(message.rendition);
      case 'close':
        return close(message.feed);
      default:
        message satisfies never;
    }
  });
});
process.on('disconnect', kill);
// Ctrl-C in a terminal reaches both processes, but the server decides when this one ends.
process.on('SIGINT', () => undefined);
