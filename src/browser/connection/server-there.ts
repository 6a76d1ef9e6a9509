/** How long the server may take to answer before it counts as away (ms). */
const limitMs = 4000;

/** True if the server answers. */
export async function isServerThere(): Promise<boolean> {
  try {
    const response = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(limitMs) });
    // A proxy answers for a server that is away.
    return response.status < 502 || response.status > 504;
  } catch {
    return false;
  }
}
