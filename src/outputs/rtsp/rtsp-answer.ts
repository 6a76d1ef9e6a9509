import type { PortholeError } from '../../domain/errors.ts';
import { answerFor } from '../../http/errors.ts';
import { writeRtsp, type RtspHeader } from '../../formats/rtsp/rtsp-message.ts';

/** The methods that the server has (RFC 2326, section 10). */
export const methods = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN';

/** The usual reasons of the statuses that the server answers with (RFC 2326, section 7.1.1). */
const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  451: 'Parameter Not Understood',
  454: 'Session Not Found',
  455: 'Method Not Valid In This State',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
  551: 'Option Not Supported',
};

/** An answer to a request. */
export interface RtspAnswer {
  readonly status: number;
  /** The usual reason by default. Many clients show it, and show nothing else. */
  readonly reason?: string;
  readonly headers?: readonly RtspHeader[];
  readonly body?: Buffer;
}

/** The bytes of an answer. */
export function writeAnswer(
  { status, reason = reasons[status] ?? 'Error', headers = [], body }: RtspAnswer,
  sequence: string | undefined,
): Buffer {
  const all: RtspHeader[] = [...(sequence === undefined ? [] : [['CSeq', sequence] as const]), ['Server', 'Porthole']];
  return writeRtsp(`RTSP/1.0 ${status} ${plain(reason)}`, [...all, ...headers], body);
}

/** The answer to a request that failed. The error's message is the reason. */
export function answerOf(error: PortholeError): RtspAnswer {
  const { status } = answerFor(error);
  const retryAfter: RtspHeader[] =
    error.retryAfter === undefined ? [] : [['Retry-After', String(Math.ceil(error.retryAfter))]];
  // 401 asks for a password, which doesn't help before set-up.
  return { status: error.code === 'not_set_up' ? 503 : statusOf(status), reason: error.message, headers: retryAfter };
}

/** RTSP has fewer statuses than HTTP. */
function statusOf(status: number): number {
  if (status in reasons) return status;
  return status === 429 || status === 409 || status >= 500 ? 503 : 400;
}

/** A reason is one line in ASCII. */
function plain(reason: string): string {
  return reason
    .normalize('NFKD')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 300);
}
