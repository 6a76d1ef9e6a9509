import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { programPath } from './programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A server that speaks TLS, with a certificate it signed itself, before one that does not. */
export interface TlsFront extends AsyncDisposable {
  readonly port: number;
}

/** A key, and a certificate of it that it signed itself; look with `lacks('openssl')` first. */
export async function selfSigned(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  await using folder = await temporaryFolder();
  const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const request = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '2', '-subj', '/CN=camera'];
  execFileSync(programPath('openssl'), [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** Starts one; look with `lacks('openssl')` first. @param port where the other server listens */
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
