import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/security/policy.ts';

/** Who watches by a request: a person at an address, or a visitor. See `Viewer.owner`. */
export function ownerOf(request: FastifyRequest): string {
  return `${principalOf(request).user?.id ?? ''} ${request.ip}`;
}
