import type * as NodeDataChannel from 'node-datachannel';
import { PortholeError } from '../../domain/errors.ts';

/** The native library that does ICE, DTLS and SRTP. */
export type Library = typeof NodeDataChannel;

/** Receives a line of the library's log. */
export type LibraryLog = (level: NodeDataChannel.LogLevel, message: string) => void;

/**
 * Loads the library. It is native code, so this waits for the first viewer.
 *
 * @throws {PortholeError} `webrtc_unavailable` on a platform that it has no build for.
 */
export async function loadLibrary(log: LibraryLog): Promise<Library> {
  let library: Library;
  try {
    library = await import('node-datachannel');
  } catch (cause) {
    const detail = `node-datachannel cannot be loaded on ${process.platform}-${process.arch}: ${String(cause)}`;
    throw new PortholeError('webrtc_unavailable', { cause, detail });
  }
  sendLogTo(log, library);
  return library;
}

/**
 * Stops the library's threads while no session is open: one of them wakes a hundred times per second for SCTP, which we
 * don't use. The next session starts them again. Listening ports stay open. Takes up to 10 ms.
 */
export function restLibrary(library: Library, log: LibraryLog): void {
  library.cleanup();
  // The cleanup also resets the logger.
  sendLogTo(log, library);
}

/** Without this the library writes to the terminal. */
function sendLogTo(log: LibraryLog, library: Library): void {
  library.initLogger('Warning', log);
}
