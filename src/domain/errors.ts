/**
 * Every problem's stable code, and a message that says what to do. `http` maps codes to HTTP statuses. docs/errors.md
 * describes every code, which a test checks.
 */
export const problems = {
  // A Camera and its Source.
  camera_not_found: 'Camera not found. It may have been removed. Reload the page to see the current cameras.',
  camera_off: 'This camera is switched off. An admin can switch it on in Settings.',
  camera_busy: 'The camera is in use by another program. Close it there, and Porthole continues automatically.',
  camera_forbidden:
    'Porthole may not open the camera. Add its user to the group "video" (sudo usermod -aG video USER) and restart Porthole.',
  camera_missing: 'No camera is plugged in at this device. Plug it in, or choose another device in Settings.',
  camera_unplugged: 'The camera was unplugged. Plug it in again, and the video resumes automatically.',
  camera_bandwidth:
    'The USB bus has no bandwidth left for this camera. Choose a smaller size, or plug it into another USB port.',
  camera_silent: 'The camera has stopped sending frames. Porthole is restarting it.',
  camera_failed: 'The camera failed. Porthole is restarting it.',
  capture_crashed: 'The process that reads the camera exited unexpectedly. Porthole is restarting it.',
  capture_memory:
    'The camera uses too much memory, so Porthole has stopped reading it and tries again later. Check its address, or choose a smaller size or bitrate in its own settings.',
  source_invalid: "Porthole doesn't recognise this source.",
  source_address_refused: 'Porthole does not connect to this address.',
  source_redirected:
    'The camera redirects Porthole to another address. If that address is right, enter it in Settings.',
  source_unauthorized:
    'The camera requires a name and password, or rejects the given ones. Correct them in its address.',
  source_refused: 'Nothing answers at this address. Check that the camera is on and that the port is right.',
  source_unreachable: 'The camera cannot be reached over the network. Check its address and its connection.',
  source_full:
    'The camera already serves as many viewers as it can. Close another program that shows it, or choose a smaller stream.',
  source_not_found: 'The camera answers, but has no stream at this path. Check the path in its address.',
  source_beyond_limits:
    'The camera sends more than Porthole accepts. Check its address, or choose a smaller size or bitrate in its own settings.',
  source_not_video: 'This source contains no video. Choose a video file or stream.',
  video_damaged:
    'The camera sends damaged frames, which cannot be shown. Check its cable or network connection, or choose a smaller size or bitrate.',
  video_unsupported:
    "Porthole cannot convert the video of this camera. Choose another format or size in the camera's own settings.",
  source_file_missing: 'File not found. Check the path.',
  source_ended: 'The stream ended. Porthole is reconnecting.',
  mode_unavailable: 'The camera does not support this size, rate or format. Choose one from its list.',
  // Photos.
  photo_not_found: 'There is no such photo. It may have been deleted.',
  photo_damaged: 'This photo is damaged, so it has no thumbnail. Open the photo itself.',
  photo_failed: 'The photo could not be taken.',
  disk_full: 'The disk is full. Free some space or delete photos, then try again.',
  storage_failed: 'The data folder cannot be written. Check that it exists and that Porthole may write there.',
  database_unavailable: 'The database does not answer. Porthole continues when it does.',
  // People.
  not_set_up: 'Open the set-up link that Porthole printed in the terminal when it started.',
  not_signed_in: 'Sign in first.',
  not_allowed: 'Your account does not have this permission. Ask an admin.',
  wrong_password: 'Wrong name or password.',
  wrong_current_password: 'That is not your current password.',
  setup_code_wrong: 'This set-up code is not right. Use the newest link that Porthole printed when it started.',
  setup_done: 'Porthole is already set up. Sign in instead.',
  user_exists: 'There is already a user with this name. Choose another name.',
  user_not_found: 'User not found.',
  last_admin: 'This is the last admin. Make another user an admin first.',
  session_not_found: 'Session not found. It may have ended already.',
  sign_in_busy: 'Too many people are signing in right now. Try again in a moment.',
  too_many_tokens: 'This user has 50 tokens already. Revoke one that is no longer used, then try again.',
  token_not_found: 'Token not found. It may have been revoked already.',
  // WebRTC.
  webrtc_unavailable:
    'WebRTC is not available on this machine. The log says why. The other addresses of the camera work.',
  webrtc_not_now: 'This WebRTC session could not be opened. Send another offer, or use another address of the camera.',
  webrtc_full:
    'Porthole has reached its limit of WebRTC viewers. Try again later, or use another address of the camera.',
  webrtc_full_for_you:
    'You have reached your limit of WebRTC sessions. Close some of them, or use another address of the camera.',
  webrtc_session_not_found: 'WebRTC session not found. It may have ended. Send a new offer.',
  webrtc_session_changed: "The session doesn't match the If-Match header. Send a new offer.",
  webrtc_no_restart: 'Porthole does not support ICE restarts. Send a new offer.',
  offer_without_h264: 'The offer has no H.264 with packetization-mode=1. Add it, or use another address of the camera.',
  // Requests.
  unsupported_type: 'This address expects another content type.',
  method_not_allowed: 'This address does not support this method.',
  invalid_input: 'Something in this request is invalid.',
  form_expired: 'This form has expired. Reload the page and try again.',
  host_not_allowed:
    'Porthole shows nothing under this host name without sign-in. An admin can allow it in Settings under "Host names", or with --hosts.',
  foreign_origin: 'This request came from another site and was rejected.',
  too_many_requests: 'Too many attempts. Wait a moment and try again.',
  not_found: 'There is nothing at this address.',
  out_of_resources:
    'This machine has no open files, processes or memory left for this. End other programs, or raise the limit of open files.',
  shutting_down: 'Porthole is stopping. Try again in a moment.',
  internal: 'Something went wrong in Porthole. Its log says more.',
} as const satisfies Record<string, string>;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problems;

/** Details of a {@link PortholeError}. */
export interface ProblemOptions {
  /** Replaces the code's default message. It should say what happened and what to do. */
  readonly message?: string;
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
  /** The stable code, one of {@link problems}. */
  readonly code: ProblemCode;
  /** The name of the invalid input in the request. */
  readonly field: string | undefined;
  /** A technical detail for logs and the page; never a secret. */
  readonly detail: string | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.message ?? problems[code], options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
  }

  /** Returns the plain data that is sent to clients and between processes. */
  toJSON(): Problem {
    return {
      code: this.code,
      message: this.message,
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    };
  }
}

/** A {@link PortholeError} as plain data. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly field?: string;
  readonly detail?: string;
}

/** Restores an error from its plain data. */
export function problemError(problem: Problem): PortholeError {
  return new PortholeError(problem.code, problem);
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
