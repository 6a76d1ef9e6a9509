import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { programPath } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A TLS proxy with a self-signed certificate, in front of a server without TLS. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** Creates a key and a self-signed certificate. Check `lacks('openssl')` first. */
export async function selfSigned(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  await using folder = await temporaryFolder();
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const request = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '2', '-subj', '/CN=camera'];
  execFileSync(programPath('openssl'), [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** Starts a TLS proxy. Check `lacks('openssl')` first. @param port the port of the other server */
export async function startTlsFront(port: number): Promise<TlsFront> {
  const sockets = new Set<TLSSocket>();
  const server = createServer(await selfSigned(), (near) => {
    sockets.add(near);
    near.once('close', () => sockets.delete(near));
    const far = connect(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('error', () => undefined).once('close', () => far.destroy());
    far.on('error', () => undefined).once('close', () => near.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
