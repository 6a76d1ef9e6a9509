import {
  AVERROR_EOF,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
  AVERROR_PROTOCOL_NOT_FOUND,
} from 'node-av/constants';
import { FFmpegError } from 'node-av/lib';
import { constants } from 'node:os';
import { PortholeError, type ProblemCode } from '../domain/errors.ts';
import { sentence } from '../messages/sentence.ts';

const { errno } = constants;

/** FFmpeg's message for an error code, with the code. */
export function describe(code: number): string {
  return `${FFmpegError.strerror(code)} (${code})`;
}

/** Maps FFmpeg's error code for a network stream to a Problem. */
export function explainNetwork(code: number): PortholeError {
  const byCode = new Map<number, ProblemCode>([
    [AVERROR_HTTP_UNAUTHORIZED, 'source_unauthorized'],
    [AVERROR_HTTP_FORBIDDEN, 'source_unauthorized'],
    [AVERROR_HTTP_NOT_FOUND, 'source_not_found'],
    [AVERROR_INVALIDDATA, 'source_not_video'],
    [AVERROR_PROTOCOL_NOT_FOUND, 'source_not_video'],
    [AVERROR_EOF, 'source_ended'],
    [-errno.ECONNREFUSED, 'source_refused'],
    [-errno.ETIMEDOUT, 'source_unreachable'],
    [-errno.EHOSTUNREACH, 'source_unreachable'],
    [-errno.ENETUNREACH, 'source_unreachable'],
    [-errno.EIO, 'source_ended'],
    [-errno.ECONNRESET, 'source_ended'],
    [-errno.EPIPE, 'source_ended'],
    [-errno.ENOMEM, 'capture_memory'],
    // The container is one that we don't allow, such as audio alone.
    [-errno.EINVAL, 'source_not_video'],
  ]);
  return new PortholeError(byCode.get(code) ?? 'source_unreachable', { detail: describe(code) });
}

/** Returns a function that maps FFmpeg's error codes for a media file to Problems. */
export function explainFile(path: string): (code: number) => PortholeError {
  const byCode = new Map<number, ProblemCode>([
    [-errno.ENOENT, 'source_file_missing'],
    [-errno.ENOTDIR, 'source_file_missing'],
    [-errno.EACCES, 'source_file_missing'],
    [-errno.ENOMEM, 'capture_memory'],
  ]);
  return (code) => {
    const found = byCode.get(code) ?? 'source_not_video';
    return -code === errno.EACCES
      ? new PortholeError(found, {
          message: sentence('camera_no_permission'),
          detail: path,
        })
      : new PortholeError(found, { detail: `${path}: ${describe(code)}` });
  };
}
