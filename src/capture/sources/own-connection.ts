import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/** 127.0.0.1 as proc_net_tcp shows it, in the machine's byte order. */
const loopback: readonly string[] = ['0100007F', '7F000001'];

/**
 * True if the other end of a connection on 127.0.0.1 is a socket of this process, such as FFmpeg's. Ports are open to all
 * users of the machine, and others are not served.
 *
 * The kernel lists connections with their inodes in `/proc/self/net/tcp`, and this process's own in `/proc/self/fd`
 * (proc(5)). Where it does not, every connection counts as our own.
 */
export function isOwnConnection({ remoteAddress, remotePort, localPort }: Socket): boolean {
  let table: string;
  let descriptors: readonly string[];
  try {
    table = readFileSync('/proc/self/net/tcp', 'latin1');
    descriptors = readdirSync('/proc/self/fd');
  } catch {
    return true;
  }
  if (remoteAddress !== '127.0.0.1' || remotePort === undefined || localPort === undefined) return false;
  const inode = inodeOf(table, remotePort, localPort);
  return inode !== null && descriptors.some((descriptor) => linkOf(descriptor) === `socket:[${inode}]`);
}

/** The inode of the socket that has this port and is connected to the other one; null if the table has none. */
function inodeOf(table: string, from: number, to: number): string | null {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const ends = loopback.map((host) => [`${host}:${hex(from)}`, `${host}:${hex(to)}`]);
  for (const line of table.split('\n')) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (ends.some(([near, far]) => near === local && far === remote)) return inode ?? null;
  }
  return null;
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ''; // Closed since.
  }
}
