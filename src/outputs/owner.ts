import type { FastifyRequest } from 'fastify';
import { principalOf } from '../http/security/policy.ts';

/** The owner of a request's viewers: a person at an address, or a visitor. See `Viewer.owner`. */
export function ownerOf(request: FastifyRequest): string {
  return `${principalOf(request).user?.id ?? ''} ${request.ip}`;
}
