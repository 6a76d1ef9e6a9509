import { AV_LOG_ERROR, AV_LOG_WARNING } from 'node-av/constants';
import { Log } from 'node-av/lib';
import type { FromCapture } from '../channel/messages.ts';

// Whoever uses FFmpeg's libraries imports this: what they have to say goes to the server, which logs it.
Log.setCallback(
  (level, message) => {
    const text = message.trim();
    const line: FromCapture = { type: 'log', level: level <= AV_LOG_ERROR ? 'warn' : 'debug', text };
    if (text !== '' && process.connected) process.send?.(line);
  },
  { maxLevel: AV_LOG_WARNING },
);
