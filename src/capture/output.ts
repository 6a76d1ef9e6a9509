import type { FromCapture } from '../channel/messages.ts';
import type { Frame } from '../domain/media/frame.ts';

/** Where a capture process sends its results. */
export interface CaptureOutput {
  /** Sends a Frame of the Rendition with this id. */
  frame(rendition: number, frame: Frame): void;
  /** Logs a problem that does not end the capture, in one sentence. */
  warn(text: string): void;
  /** Sends `ready` once, then `changed` and `stats`. */
  report(message: Extract<FromCapture, { type: 'ready' | 'changed' | 'stats' }>): void;
}
