import { PortholeError, type ProblemCode } from '../../domain/errors.ts';
import { redactSource } from '../../domain/source.ts';

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
  const problem = (code: ProblemCode, message?: string): PortholeError =>
    new PortholeError(code, { detail: answer, ...(message === undefined ? {} : { message }) });
  switch (status) {
    case 401:
    case 407:
      return problem(
        'source_unauthorized',
        signsIn
          ? 'The camera rejects the name or the password in its address. Correct them.'
          : 'The camera requires a name and password. Put them into its address: rtsp://name:password@host/path.',
      );
    case 403:
      return problem(
        'source_unauthorized',
        `The camera forbids access to this stream (${answer}). Allow it for this user, and for Porthole's address, in the camera's settings.`,
      );
    case 453:
    case 503:
      return problem('source_full');
    case 406:
    case 461:
      return problem(
        'source_unreachable',
        `The camera sends neither over TCP nor over UDP (${answer}). Allow RTSP over TCP in the camera's settings.`,
      );
    case 404:
    case 410:
      return otherProtocol(url, answer) ?? problem('source_not_found');
    case 405:
    case 415:
    case 501:
    case 505:
    case 551:
      return (
        otherProtocol(url, answer) ??
        problem(
          'source_not_video',
          `The server at this address speaks RTSP, but does not let programs watch this stream (${answer}). Check the path in its address.`,
        )
      );
    default:
      if (status >= 500) {
        return problem(
          'camera_failed',
          `The camera reports an internal error (${answer}). Porthole tries again. Restart the camera if this lasts.`,
        );
      }
      return (
        otherProtocol(url, answer) ??
        problem('source_not_found', `The camera rejects this stream (${answer}). Check the path in its address.`)
      );
  }
}

/** Explains a redirect, which is not followed: its target has not been checked. */
export function explainRedirect(location: string | undefined): PortholeError {
  const target = redactSource(location ?? 'another address');
  return new PortholeError('source_redirected', {
    message: `The camera redirects Porthole to ${target}. If that address is right, enter it as the camera's address.`,
  });
}

/** Explains data that is not RTSP, by its first bytes. */
export function explainOther(start: Buffer, url: string): PortholeError {
  const text = start.toString('latin1');
  const detail = `not an RTSP server: ${printable(text)}`;
  const problem = (message: string): PortholeError => new PortholeError('source_not_video', { detail, message });
  if (/^HTTP\/\d/.test(text) || /^\s*</.test(text)) {
    return (
      otherProtocol(url, detail) ??
      problem(
        'A web server answers at this address, not an RTSP server. Check the port (usually 554), or write http:// if the camera sends MJPEG there.',
      )
    );
  }
  if (start[0] === 0x15 || start[0] === 0x16) {
    return problem('The server at this address speaks TLS. Write rtsps:// instead of rtsp://, or check the port.');
  }
  return problem('What answers at this address is not an RTSP server. Check the port: it is usually 554.');
}

/** Explains a server that accepts the connection and then says nothing. */
export function explainSilence(): PortholeError {
  return new PortholeError('source_unreachable', {
    message:
      'The camera accepts the connection, but does not answer. Check the port (usually 554), and restart the camera if it is right.',
    detail: 'no reply to an RTSP request',
  });
}

/** Explains a server that closes the connection instead of answering. */
export function explainHangUp(): PortholeError {
  return new PortholeError('source_ended', {
    message:
      'The camera closes the connection without an answer. Check the port (usually 554) and the path, and whether other programs use all of its connections.',
    detail: 'closed before a reply',
  });
}

/** Recognises the address of another protocol that was entered as RTSP. */
function otherProtocol(url: string, detail: string): PortholeError | null {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/i, '').toLowerCase();
  if (/\.m3u8?(?:[?#]|$)/.test(path)) {
    return new PortholeError('source_not_video', {
      detail,
      message:
        'This is the address of an HLS playlist, which Porthole does not read. Enter the RTSP address of the same camera.',
    });
  }
  if (/\/(?:whep|whip|webrtc)(?:[/?#]|$)/.test(path)) {
    return new PortholeError('source_not_video', {
      detail,
      message:
        'This is a WebRTC address (WHEP), which Porthole does not read. Enter the RTSP address of the same camera.',
    });
  }
  if (/\.(?:html?|php|asp|cgi)(?:[?#]|$)/.test(path)) {
    return new PortholeError('source_not_video', {
      detail,
      message: "This is the address of a web page. Enter the RTSP address from the camera's manual.",
    });
  }
  return null;
}

/** A line of text from a server, for messages. */
function printable(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
