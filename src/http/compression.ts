import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { acceptedCodings } from './accepted-codings.ts';
import type { App } from './kernel.ts';

/** An answer smaller than this fits into one packet anyway, in bytes. */
const least = 1_024;
const compressible = /^(text\/html|application\/json)\b/;

/** Fast settings: an answer of 40 KB takes about a millisecond, in a thread of Node.js. */
const coders = {
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 5 }),
} as const;

/**
 * Compresses pages and JSON. Streams, images and the built files are not touched: they are sent as they are, or have been
 * compressed by the build.
 *
 * The length of a compressed answer can reveal a secret in it to somebody who makes a browser request it many times with
 * different guesses (BREACH). So no answer to a GET request contains a secret that stays the same: CSRF tokens are salted
 * for each answer.
 */
export function registerCompression(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const type = reply.getHeader('content-type');
    const whole = typeof payload === 'string' || Buffer.isBuffer(payload);
    if (!whole || !compressible.test(String(type)) || reply.hasHeader('content-encoding')) return payload;
    const vary = reply.getHeader('vary');
    reply.header('vary', vary === undefined ? 'accept-encoding' : `${String(vary)}, accept-encoding`);
    const bytes = Buffer.from(payload as string);
    const accepted = acceptedCodings(request.headers['accept-encoding']);
    const coding = (['br', 'gzip'] as const).find((each) => accepted.includes(each));
    if (bytes.length < least || coding === undefined) return payload;
    reply.header('content-encoding', coding).removeHeader('content-length');
    return coders[coding](bytes);
  });
}
