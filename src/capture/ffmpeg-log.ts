import { AV_LOG_ERROR, AV_LOG_WARNING } from 'node-av/constants';
import { Log } from 'node-av/lib';
import type { FromCapture } from '../channel/messages.ts';

// Imported by every module that uses FFmpeg's libraries: forwards their messages to the server's log.
Log.setCallback(
  (level, message) => {
    const text = message.trim();
    const line: FromCapture = { type: 'log', level: level <= AV_LOG_ERROR ? 'warn' : 'debug', text };
    if (text !== '' && process.connected) process.send?.(line);
  },
  { maxLevel: AV_LOG_WARNING },
);
