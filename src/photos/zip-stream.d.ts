declare module 'zip-stream' {
  import type { Transform } from 'node:stream';

  /** What Porthole uses of zip-stream, which comes without types. */
  export default class ZipStream extends Transform {
    constructor(options?: { store?: boolean; forceLocalTime?: boolean });
    entry(
      source: Buffer,
      data: { name: string; date?: Date; mode?: number },
      callback: (error: Error | null | undefined) => void,
    ): this;
    finalize(): void;
  }
}
