import { PortholeError, type ProblemCode } from '../../domain/errors.ts';
import { redactSource } from '../../domain/cameras/source.ts';
import { isVideoPart, typeOfParts } from '../../formats/multipart/video-parts.ts';
import type { ReplyReader } from '../../formats/http-reply/reply-reader.ts';
import type { Sentence } from '../../messages/sentence.ts';
import { httpAnswers } from '../../text/http-answers.ts';

/**
 * Explains a reply that is not the stream.
 *
 * @param url the address that was requested
 * @returns null if the status says that the body is what was requested
 */
export function explainReply(reply: ReplyReader, url: string): PortholeError | null {
  const { protocol = '', status = 200 } = reply.head ?? {};
  if (protocol === 'RTSP') return problem('source_not_video', httpAnswers.rtsp);
  if (status < 300) return null;
  const [location] = reply.values('location');
  if (status < 400 && location !== undefined) {
    const target = URL.canParse(location, url) ? withoutLogin(new URL(location, url)) : location;
    return problem('source_redirected', httpAnswers.redirect(redactSource(target)));
  }
  const isWhep = /\/whep\/?$/i.test(new URL(url).pathname) || reply.values('accept-post').join().includes('sdp');
  if (isWhep && status < 500 && status !== 403) return problem('source_not_video', httpAnswers.whep);
  const detail = `HTTP status ${status}`;
  switch (status) {
    case 403:
      return problem('source_unauthorized', httpAnswers.forbidden, detail);
    case 404:
    case 410:
      return problem('source_not_found', httpAnswers.notFound, detail);
    case 405:
    case 406:
      return problem('source_not_video', httpAnswers.notGet, detail);
    case 429:
    case 453:
    case 503:
      return problem('source_full', httpAnswers.full, detail);
    default:
      return status >= 500
        ? problem('source_unreachable', httpAnswers.serverError(status), detail)
        : problem('source_not_found', httpAnswers.refused(status), detail);
  }
}

/**
 * What the body of a reply is: JPEGs, video in the parts of a multipart body, a container that FFmpeg may read, or a
 * reason why it is no video.
 */
export type Content = 'jpeg' | 'video-parts' | 'container' | PortholeError;

/** How much of a body {@link recognise} wants to see, in bytes. */
const recognisableLength = 16;
/** How much of a multipart body it wants to see at most: audio may come before the first frame. */
const longestStart = 64 * 1024;

const startOfImage = Buffer.from([0xff, 0xd8, 0xff]);

/** True if {@link recognise} can decide by these bytes. */
export function isRecognisable(start: Buffer, type: string): boolean {
  if (start.length < recognisableLength || !isMultipart(type)) return start.length >= recognisableLength;
  return start.length >= longestStart || start.includes(startOfImage) || typeOfParts(start) !== null || isMarkup(start);
}

/** Decides by the first bytes of a body, and by its type where they leave it open, what it is. */
export function recognise(start: Buffer, type: string): Content {
  const parts = isMultipart(type) ? typeOfParts(start) : null;
  if (parts !== null && isVideoPart(parts)) return 'video-parts';
  if (parts !== null && /^image\/(png|webp|gif|bmp|avif|heic)/i.test(parts)) {
    return problem('source_not_video', httpAnswers.picture);
  }
  if (/^(multipart\/|image\/p?jpe?g|video\/(x-)?(motion-?)?m?jpe?g)/i.test(type) && !isMarkup(start)) return 'jpeg';
  if (isContainer(start)) return 'container';
  if (start.includes(startOfImage)) return 'jpeg';
  const text = start.toString('latin1').trimStart();
  if (/^(--|content-(type|length)[ \t]*:)/i.test(text)) return 'jpeg';
  if (text.startsWith('#EXTM3U') || /mpegurl/i.test(type)) return problem('source_not_video', httpAnswers.hls);
  if (/dash\+xml/i.test(type) || /<MPD[\s>]/.test(text)) return problem('source_not_video', httpAnswers.dash);
  if (text.startsWith('v=0') || /^application\/sdp/i.test(type)) return problem('source_not_video', httpAnswers.whep);
  if (isMarkup(start) || /^text\/html/i.test(type)) return problem('source_not_video', httpAnswers.page);
  if (/^image\//i.test(type)) return problem('source_not_video', httpAnswers.picture);
  if (/^[{[]/.test(text) || /^(text\/|application\/(json|xml))/i.test(type)) {
    const says = text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 100);
    return /too many|maximum|busy/i.test(says)
      ? problem('source_full', httpAnswers.full, says)
      : problem('source_not_video', httpAnswers.data, says);
  }
  if (start.length === 0) return problem('source_ended', httpAnswers.empty);
  // No container starts with text, but an MJPEG stream may.
  return /^[\s\x20-\x7e]+$/.test(text) ? 'jpeg' : 'container';
}

function isMultipart(type: string): boolean {
  return /^multipart\//i.test(type);
}

function isMarkup(start: Buffer): boolean {
  return /^[\s\xef\xbb\xbf]*<[!?a-z]/i.test(start.toString('latin1', 0, 200));
}

/** MPEG-TS, MP4, Matroska, FLV, AVI. */
function isContainer(start: Buffer): boolean {
  const text = start.toString('latin1', 0, 12);
  const isTs = start[0] === 0x47 && (start.length <= 188 || start[188] === 0x47);
  return isTs || /^(....(ftyp|moov|moof|styp)|.E\xdf\xa3|FLV|RIFF....AVI)/s.test(text);
}

function withoutLogin(url: URL): string {
  url.username = url.password = '';
  return url.href;
}

function problem(code: ProblemCode, message: Sentence, detail?: string): PortholeError {
  return new PortholeError(code, { message, ...(detail === undefined ? {} : { detail }) });
}
