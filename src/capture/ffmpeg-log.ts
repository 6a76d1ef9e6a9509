import { AV_LOG_ERROR, AV_LOG_WARNING } from 'node-av/constants';
import { Log } from 'node-av/lib';
import type { FromCapture } from '../channel/messages.ts';
import { RepeatedLines } from './repeated-lines.ts';

const lines = new RepeatedLines<'warn' | 'debug'>((level, text) => {
  const line: FromCapture = { type: 'log', level, text };
  if (process.connected) process.send?.(line);
});

// Imported by every module that uses FFmpeg's libraries: forwards their messages to the server's log.
Log.setCallback(
  (level, message) => {
    const text = message.trim();
    if (text !== '') lines.add(level <= AV_LOG_ERROR ? 'warn' : 'debug', text);
  },
  { maxLevel: AV_LOG_WARNING },
);
