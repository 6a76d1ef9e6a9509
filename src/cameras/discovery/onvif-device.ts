// Speaks ONVIF inside a thread, with the package `onvif`.
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { connect as secureConnect } from 'node:tls';
import { Cam } from 'onvif';
import type { OnvifOrder } from './onvif-messages.ts';

/** The longest reply, in bytes: those of cameras have some ten thousand. */
const longestReply = 512 * 1024;
/** How long the device may take for each reply, in milliseconds. */
const replyLimit = 5_000;

/** Connects to a device and reads its profiles. */
export async function connectedDevice({ host, port, path, secure, user, password, address }: OnvifOrder): Promise<Cam> {
  const camera = new Cam({
    hostname: host,
    port,
    path,
    useSecure: secure,
    username: escaped(user),
    password,
    timeout: replyLimit,
    autoconnect: false,
    // A device may name other hosts for its services. None of them is connected to.
    preserveAddress: true,
    agent: agentTo(address, port, secure),
  });
  camera.on('error', () => undefined);
  signInAsDevicesExpect(camera as unknown as Signing, password);
  await called<unknown>((callback) => camera.connect(callback));
  return camera;
}

/** The part of the package's camera that signs requests. */
interface Signing {
  /** The device's clock minus `process.uptime()`, in milliseconds; undefined before the device has told its time. */
  readonly timeShift?: number;
  _passwordDigest: () => { readonly passdigest: string; readonly nonce: string; readonly timestamp: string };
}

/**
 * Signs requests as the package does (WSS Username Token Profile 1.1), which takes every password for ASCII, and dates
 * requests to 1970 while the time of the device is unknown. Some devices tell it only to those who have signed in.
 */
function signInAsDevicesExpect(camera: Signing, password: string): void {
  camera._passwordDigest = () => {
    const { timeShift = Date.now() - process.uptime() * 1_000 } = camera;
    const timestamp = new Date(process.uptime() * 1_000 + timeShift).toISOString();
    const nonce = randomBytes(16);
    const passdigest = createHash('sha1')
      .update(nonce)
      .update(timestamp + password)
      .digest('base64');
    return { passdigest, nonce: nonce.toString('base64'), timestamp };
  };
}

/** Text for XML: the package writes names and tokens as they are. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Connects to one address whatever the host of a request, and ends connections with too long replies. */
function agentTo(address: string, port: number, secure: boolean): Agent {
  const bounded = (socket: Socket): Socket => {
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestReply) socket.destroy(new Error('the reply is too long'));
    });
    return socket;
  };
  const agent = secure ? new SecureAgent({ keepAlive: false }) : new Agent({ keepAlive: false });
  // Cameras have certificates that nobody has signed.
  agent.createConnection = () =>
    bounded(
      secure ? secureConnect({ host: address, port, rejectUnauthorized: false }) : connect({ host: address, port }),
    );
  return agent;
}

/** Awaits a function of the package. */
export function called<T>(
  call: (callback: (error: Error | null | false, value?: T) => void) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

/** What went wrong, as text. */
export function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
