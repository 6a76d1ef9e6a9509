import { AV_LOG_ERROR, AV_LOG_WARNING } from 'node-av/constants';
import { Log } from 'node-av/lib';
import type { FromCapture } from '../channel/messages.ts';
import { RepeatedLines } from './repeated-lines.ts';

const lines = new RepeatedLines<'warn' | 'debug'>((level, text) => {
  const line: FromCapture = { type: 'log', level, text };
  if (process.connected) process.send?.(line);
});

/** Said at the end of a stream about the end of a frame that was added by `FrameEnds`, which is no frame itself. */
const harmless = /^missing picture in access unit with size [67]$/;

// Imported by every module that uses FFmpeg's libraries: forwards their messages to the server's log.
Log.setCallback(
  (level, message) => {
    const text = message.trim();
    if (text !== '' && !harmless.test(text)) lines.add(level <= AV_LOG_ERROR ? 'warn' : 'debug', text);
  },
  { maxLevel: AV_LOG_WARNING },
);
