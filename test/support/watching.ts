import { expect } from 'vitest';
import { type MultipartReader, openMultipart, type Part, type ReaderOptions } from './multipart-reader.ts';
import type { TestServer } from './server.ts';

/** How long a test may watch, in milliseconds. A test that waited forever would leave its processes running. */
const longest = 60_000;

/** Opens a camera's stream with a token. */
export async function watch(
  server: TestServer,
  token: string,
  path = '/cameras/front/stream.mjpeg',
  options: Omit<ReaderOptions, 'headers'> = {},
): Promise<MultipartReader> {
  const headers = { authorization: `Bearer ${token}` };
  const reader = await openMultipart(`${server.url}${path}`, { ...options, headers });
  setTimeout(() => reader.close(), longest).unref();
  return reader;
}

/** Returns the running capture processes of a server. */
export function captures(server: TestServer): readonly number[] {
  return server.children.filter(({ command }) => /capture\/main\.[jt]s/.test(command)).map(({ pid }) => pid);
}

/** Returns the capture time of a part's frame, in milliseconds since the epoch. */
export function capturedAt(part: Part): number {
  return Number(part.headers.get('x-timestamp')) * 1_000;
}

/** Waits until no capture process of the server runs. */
export async function untilReleased(server: TestServer, timeout: number): Promise<void> {
  await expect.poll(() => captures(server), { timeout, interval: 50 }).toEqual([]);
}

/** Requests a photo from a camera that cannot take one. @returns the API's error */
export async function photoProblem(
  server: TestServer,
  token: string,
  camera: string,
): Promise<{ readonly status: number; readonly code: string; readonly message: string }> {
  const response = await fetch(`${server.url}/api/cameras/${camera}/photos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return { status: response.status, code: error.code, message: error.message };
}
