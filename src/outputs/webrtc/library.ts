import type * as NodeDataChannel from 'node-datachannel';
import { PortholeError } from '../../domain/errors.ts';

/** The library that speaks ICE, DTLS and SRTP. */
export type Library = typeof NodeDataChannel;

/** Takes a line of the library's log. */
export type LibraryLog = (level: NodeDataChannel.LogLevel, message: string) => void;

/**
 * Loads the library, which is a native one, when it is needed for the first time.
 *
 * @throws {PortholeError} `webrtc_unavailable` on a platform for which it was not built.
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
 * Ends the threads of the library while there is no session: one of them wakes a hundred times a second for SCTP, which
 * nothing here speaks. The next session starts them again, and a port that is listened on stays open. Takes up to 10 ms.
 */
export function restLibrary(library: Library, log: LibraryLog): void {
  library.cleanup();
  // Which forgets where its log goes.
  sendLogTo(log, library);
}

/** Without this the library writes to the terminal. */
function sendLogTo(log: LibraryLog, library: Library): void {
  library.initLogger('Warning', log);
}
