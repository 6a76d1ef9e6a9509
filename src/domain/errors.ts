import { type Sentence, inEnglish, say, sentence } from '../messages/sentence.ts';

/**
 * Every problem's stable code. Its message, which says what to do, is `error_CODE` in `src/messages/`. `http` maps codes to
 * HTTP statuses. docs/errors.md describes every code, which a test checks.
 */
export const problemCodes = [
  // A Camera and its Source.
  'camera_not_found',
  'camera_off',
  'camera_busy',
  'camera_forbidden',
  'camera_missing',
  'camera_unplugged',
  'camera_bandwidth',
  'camera_silent',
  'camera_failed',
  'capture_crashed',
  'capture_memory',
  'source_invalid',
  'source_address_refused',
  'source_redirected',
  'source_unauthorized',
  'source_refused',
  'source_unreachable',
  'source_full',
  'source_not_found',
  'source_beyond_limits',
  'source_not_video',
  'video_damaged',
  'video_unsupported',
  'source_file_missing',
  'source_ended',
  'mode_unavailable',
  // Photos.
  'photo_not_found',
  'photo_damaged',
  'photo_failed',
  'link_not_found',
  'link_expired',
  'link_revoked',
  'too_many_links',
  'disk_full',
  'storage_failed',
  'database_unavailable',
  // People.
  'not_set_up',
  'not_signed_in',
  'not_allowed',
  'wrong_password',
  'wrong_current_password',
  'setup_code_wrong',
  'setup_done',
  'user_exists',
  'user_not_found',
  'last_admin',
  'session_not_found',
  'sign_in_busy',
  'too_many_tokens',
  'token_not_found',
  // WebRTC.
  'webrtc_unavailable',
  'webrtc_not_now',
  'webrtc_full',
  'webrtc_full_for_you',
  'webrtc_session_not_found',
  'webrtc_session_changed',
  'webrtc_no_restart',
  'offer_without_h264',
  // Requests.
  'unsupported_type',
  'method_not_allowed',
  'invalid_input',
  'form_expired',
  'host_not_allowed',
  'foreign_origin',
  'too_many_requests',
  'not_found',
  'out_of_resources',
  'shutting_down',
  'internal',
] as const;

/** The stable code of a problem. */
export type ProblemCode = (typeof problemCodes)[number];

/** The English message of every code. */
export const problems = Object.freeze(
  Object.fromEntries(problemCodes.map((code) => [code, say(defaultSentence(code), 'en')])),
) as Readonly<Record<ProblemCode, string>>;

/** Details of a {@link PortholeError}. */
export interface ProblemOptions {
  /** Replaces the code's default message. It should say what happened and what to do. Plain text is never translated. */
  readonly message?: string | Sentence;
  /** The name of the invalid input in the request. */
  readonly field?: string;
  /** A technical detail for logs and the page; never a secret. */
  readonly detail?: string;
  /** The original error. Never sent to clients. */
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense, for the header `Retry-After`. */
  readonly retryAfter?: number;
}

/** An error with a stable code and a message that people can act on. */
export class PortholeError extends Error {
  override readonly name = 'PortholeError';
  /** The stable code, one of {@link problemCodes}. */
  readonly code: ProblemCode;
  /** What `message` says in English, for other languages; undefined for plain text. */
  readonly sentence: Sentence | undefined;
  /** The name of the invalid input in the request. */
  readonly field: string | undefined;
  /** A technical detail for logs and the page; never a secret. */
  readonly detail: string | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    const message = options.message ?? defaultSentence(code);
    super(inEnglish(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.sentence = typeof message === 'string' ? undefined : message;
    this.field = options.field;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
  }

  /** Returns the plain data that is sent between processes, and to clients in their language (`text/spoken.ts`). */
  toJSON(): Problem {
    return {
      code: this.code,
      message: this.message,
      ...(this.sentence === undefined || this.sentence.key === `error_${this.code}` ? {} : { sentence: this.sentence }),
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }
}

/** A {@link PortholeError} as plain data. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  /** What `message` says in English, unless that is the code's default message or plain text. Clients never get it. */
  readonly sentence?: Sentence;
  readonly field?: string;
  readonly detail?: string;
}

/** Restores an error from its plain data. */
export function problemError({ code, message, sentence: said, ...options }: Problem): PortholeError {
  const isDefaultMessage = message === problems[code];
  return new PortholeError(code, { ...options, ...(isDefaultMessage ? {} : { message: said ?? message }) });
}

/** The message of a code. */
export function defaultSentence(code: ProblemCode): Sentence {
  return sentence(`error_${code}`);
}

/** True for one of {@link problemCodes}. */
export function isProblemCode(code: unknown): code is ProblemCode {
  return problemCodes.some((each) => each === code);
}

/** The codes that the operating system reports when it has no descriptors, processes or memory left: errno(3). */
const scarcities = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOBUFS']);

/**
 * Returns a PortholeError unchanged, and wraps any other error: with the code `out_of_resources` if the operating system
 * has nothing left, else `internal`.
 */
export function asPortholeError(error: unknown): PortholeError {
  if (error instanceof PortholeError) return error;
  const code = (error as Partial<NodeJS.ErrnoException> | null)?.code;
  if (code !== undefined && scarcities.has(code)) {
    return new PortholeError('out_of_resources', { cause: error, detail: code });
  }
  return new PortholeError('internal', { cause: error });
}
