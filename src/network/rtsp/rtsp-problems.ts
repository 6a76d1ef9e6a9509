import { PortholeError, type ProblemCode } from '../../domain/errors.ts';
import { redactSource } from '../../domain/cameras/source.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';
import { rtspAnswers } from '../../text/rtsp-answers.ts';

/** The request that a camera has rejected. */
export interface RejectedRequest {
  /** The camera's URL, as configured. */
  readonly url: string;
  /** True if the URL contains a name and password. */
  readonly signsIn: boolean;
}

/** Explains a status of RTSP (RFC 2326, section 7.1.1) that is no success. */
export function explainStatus(status: number, reason: string, { url, signsIn }: RejectedRequest): PortholeError {
  const answer = `${status} ${printable(reason)}`.trim();
  const problem = (code: ProblemCode, message?: Sentence): PortholeError =>
    new PortholeError(code, { detail: answer, ...(message === undefined ? {} : { message }) });
  switch (status) {
    case 401:
    case 407:
      return problem('source_unauthorized', signsIn ? rtspAnswers.loginWrong : rtspAnswers.loginMissing);
    case 403:
      return problem('source_unauthorized', rtspAnswers.forbidden(answer));
    case 453:
    case 503:
      return problem('source_full');
    case 406:
    case 461:
      return problem('source_unreachable', rtspAnswers.noTransport(answer));
    case 404:
    case 410:
      return otherProtocol(url, answer) ?? problem('source_not_found');
    case 405:
    case 415:
    case 501:
    case 505:
    case 551:
      return otherProtocol(url, answer) ?? problem('source_not_video', rtspAnswers.notWatchable(answer));
    default:
      if (status >= 500) return problem('camera_failed', rtspAnswers.failed(answer));
      return otherProtocol(url, answer) ?? problem('source_not_found', rtspAnswers.rejected(answer));
  }
}

/** Explains a redirect, which is not followed: its target has not been checked. */
export function explainRedirect(location: string | undefined): PortholeError {
  return new PortholeError('source_redirected', {
    message: rtspAnswers.redirect(location === undefined ? sentence('camera_rtsp_elsewhere') : redactSource(location)),
  });
}

/** Explains data that is not RTSP, by its first bytes. */
export function explainOther(start: Buffer, url: string): PortholeError {
  const text = start.toString('latin1');
  const detail = `not an RTSP server: ${printable(text)}`;
  const problem = (message: Sentence): PortholeError => new PortholeError('source_not_video', { detail, message });
  if (/^HTTP\/\d/.test(text) || /^\s*</.test(text)) return otherProtocol(url, detail) ?? problem(rtspAnswers.web);
  // The types of TLS records: alert and handshake (RFC 8446, section 5.1).
  return problem(start[0] === 0x15 || start[0] === 0x16 ? rtspAnswers.tls : rtspAnswers.other);
}

/** Explains a server that accepts the connection and then says nothing. */
export function explainSilence(): PortholeError {
  return new PortholeError('source_unreachable', {
    message: rtspAnswers.silent,
    detail: 'no reply to an RTSP request',
  });
}

/** Explains a server that closes the connection instead of answering. */
export function explainHangUp(): PortholeError {
  return new PortholeError('source_ended', { message: rtspAnswers.hangUp, detail: 'closed before a reply' });
}

/** Recognises the address of another protocol that was entered as RTSP. */
function otherProtocol(url: string, detail: string): PortholeError | null {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '').toLowerCase();
  const problem = (message: Sentence): PortholeError => new PortholeError('source_not_video', { detail, message });
  if (/\.m3u8?(?:[?#]|$)/.test(path)) return problem(rtspAnswers.hls);
  if (/\/(?:whep|whip|webrtc)(?:[/?#]|$)/.test(path)) return problem(rtspAnswers.whep);
  return /\.(?:html?|php|aspx?|cgi)(?:[?#]|$)/.test(path) ? problem(rtspAnswers.page) : null;
}

/** The first line of a server's text, for messages. */
function printable(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
