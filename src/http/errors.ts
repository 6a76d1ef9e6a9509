import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyRequest } from 'fastify';
import { PortholeError, type ProblemCode, asPortholeError } from '../domain/errors.ts';
import { type Sentence, sentence } from '../messages/sentence.ts';

/** The HTTP status of every {@link ProblemCode}. */
export const statuses = {
  camera_not_found: 404,
  camera_off: 409,
  camera_busy: 503,
  camera_forbidden: 503,
  camera_missing: 503,
  camera_unplugged: 503,
  camera_bandwidth: 503,
  camera_silent: 503,
  camera_failed: 503,
  capture_crashed: 503,
  capture_memory: 503,
  source_invalid: 400,
  source_address_refused: 400,
  source_redirected: 503,
  source_unauthorized: 503,
  source_refused: 503,
  source_unreachable: 503,
  source_full: 503,
  source_not_found: 503,
  source_beyond_limits: 503,
  source_not_video: 503,
  video_damaged: 503,
  video_unsupported: 503,
  source_file_missing: 503,
  source_ended: 503,
  mode_unavailable: 503,
  photo_not_found: 404,
  photo_damaged: 422,
  photo_failed: 500,
  link_not_found: 404,
  link_expired: 410,
  link_revoked: 410,
  too_many_links: 409,
  disk_full: 507,
  storage_failed: 500,
  database_unavailable: 503,
  not_set_up: 401,
  not_signed_in: 401,
  not_allowed: 403,
  wrong_password: 401,
  wrong_current_password: 403,
  setup_code_wrong: 403,
  setup_done: 409,
  user_exists: 409,
  user_not_found: 404,
  last_admin: 409,
  session_not_found: 404,
  sign_in_busy: 503,
  too_many_tokens: 409,
  token_not_found: 404,
  webrtc_unavailable: 501,
  webrtc_not_now: 503,
  webrtc_full: 503,
  webrtc_full_for_you: 503,
  webrtc_session_not_found: 404,
  webrtc_session_changed: 412,
  webrtc_no_restart: 422,
  offer_without_h264: 406,
  unsupported_type: 415,
  method_not_allowed: 405,
  invalid_input: 400,
  form_expired: 403,
  host_not_allowed: 421,
  foreign_origin: 403,
  too_many_requests: 429,
  not_found: 404,
  out_of_resources: 503,
  shutting_down: 503,
  internal: 500,
} as const satisfies Record<ProblemCode, number>;

/** An error with its HTTP status. */
export interface Answer {
  readonly status: number;
  readonly error: PortholeError;
}

/** Maps an error that a route or Fastify threw. */
export function answerFor(thrown: unknown): Answer {
  if (thrown instanceof PortholeError) return { status: statuses[thrown.code], error: thrown };
  const error = thrown as Partial<FastifyError> | null;
  if (error?.validation !== undefined) return { status: 400, error: invalidInput(error as FastifyError) };
  if (error?.code?.startsWith('FST_CSRF_') === true) return { status: 403, error: new PortholeError('form_expired') };
  const status = error?.statusCode;
  if (status === 404) return { status, error: new PortholeError('not_found') };
  if (status === undefined || status < 400 || status >= 500) return { status: 500, error: asPortholeError(thrown) };
  return { status, error: new PortholeError('invalid_input', { message: sentences[status] ?? bare(status) }) };
}

/** Sentences for requests that Fastify itself refuses. */
const sentences: Readonly<Record<number, Sentence>> = {
  400: sentence('error_request_unreadable'),
  413: sentence('error_request_large'),
  414: sentence('error_address_long'),
  415: sentence('error_request_type'),
};

function bare(status: number): string {
  return `${STATUS_CODES[status] ?? 'Refused'}.`;
}

/** The first violation of the schema as a sentence that names the field. */
function invalidInput(error: FastifyError): PortholeError {
  const first = error.validation?.[0];
  if (first === undefined) return new PortholeError('invalid_input');
  const missing = missingFields(first.params);
  const path = first.instancePath.split('/').filter((part) => part !== '');
  const field = missing[0] === undefined ? path.join('.') : [...path, missing[0]].join('.');
  const complaint = missing[0] === undefined ? (first.message ?? 'is not right') : 'is missing';
  const message = field === '' ? `This request ${complaint}.` : `"${field}" ${complaint}.`;
  return new PortholeError('invalid_input', field === '' ? { message } : { message, field });
}

function missingFields(params: { readonly requiredProperties?: unknown }): readonly string[] {
  const fields = params.requiredProperties;
  return Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : [];
}

/** Seconds after which a refused client may try again, where that helps. */
export function retryAfter(status: number): number | undefined {
  return status === 503 ? 2 : status === 429 ? 30 : undefined;
}

/** A challenge that makes other programs send their password, without opening a browser's own dialog over our pages. */
export function challengeFor(request: FastifyRequest): string {
  const fromPage = request.headers['sec-fetch-mode'] !== undefined || request.headers.cookie !== undefined;
  return fromPage ? 'Bearer realm="Porthole"' : 'Basic realm="Porthole", charset="UTF-8"';
}
