// The OpenAPI document: what a linter says about it, and clients that are generated from it.
import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
type Document = OpenAPI3 & { readonly paths: Record<string, Record<string, Operation>> };

let server: TestServer;
let token: string;
let document: Document;
beforeAll(async () => {
  server = await startServer({ args: ['--camera', 'Front door=test:?width=320&height=240&fps=15'] });
  token = await server.token();
  document = await (await server.signIn()).json<Document>('/api/openapi.json');
});
afterAll(async () => server.stop());

/** A program of somebody who has only the document. */
const program = `
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

declare const process: { readonly argv: readonly string[] };

const [baseUrl = '', token = ''] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });

const cameras = await client.GET('/api/cameras');
if (cameras.data === undefined) throw new Error(cameras.error.error.message);
const camera: components['schemas']['Camera'] | undefined = cameras.data[0];
if (camera === undefined) throw new Error('no camera');
const path = { id: camera.id };
const taken = await client.POST('/api/cameras/{id}/photos', { params: { path } });
const photo: components['schemas']['Photo'] | undefined = taken.data;
const snapshot = await client.GET('/cameras/{id}/snapshot.jpg', { params: { path }, parseAs: 'arrayBuffer' });
const missing = await client.GET('/api/photos/{id}', { params: { path: { id: 'none' } } });
const code: components['schemas']['Problem']['code'] | undefined = missing.error?.error.code;
// @ts-expect-error a camera has no such field
void camera.colour;
console.log(JSON.stringify({
  name: camera.name,
  width: photo?.width,
  magic: [...new Uint8Array(snapshot.data ?? new ArrayBuffer(0)).subarray(0, 3)],
  code,
}));
`;

/** The same in Python. */
const pythonProgram = `
import json, sys
from client import AuthenticatedClient
from client.api.cameras import get_camera, list_cameras
from client.api.media import get_snapshot
from client.api.photos import get_photo, take_photo

base, token = sys.argv[1:]
client = AuthenticatedClient(base_url=base, token=token)
camera = list_cameras.sync(client=client)[0]
photo = take_photo.sync(camera.id, client=client)
snapshot = get_snapshot.sync_detailed(camera.id, client=client)
missing = get_photo.sync_detailed("none", client=client)
same = get_camera.sync(camera.id, client=client)
print(json.dumps({
    "name": camera.name,
    "same": same.id == camera.id,
    "width": photo.width,
    "magic": list(snapshot.content[:3]),
    "status": missing.status_code,
}))
`;

describe('the OpenAPI document', () => {
  it('has no error for the linter', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    const problems = found.map(({ severity, ruleId, message, location }) =>
      [severity, ruleId, message, location[0]?.pointer].join(' '),
    );
    expect(problems).toEqual([]);
  });

  it('names every operation and schema, and describes every response', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+[A-Za-z0-9]+$/);
    expect(ids).toEqual(expect.arrayContaining(['listCameras', 'getCamera', 'takePhoto', 'getSnapshot', 'listTokens']));
    const schemas = Object.keys(document.components?.schemas ?? {});
    expect(schemas).toEqual(expect.arrayContaining(['Camera', 'CameraState', 'Photo', 'Token', 'Error', 'Problem']));
    for (const { operationId, responses } of operations) {
      for (const status of ['401', '4XX', '5XX'])
        expect([operationId, status in responses]).toEqual([operationId, true]);
      for (const { description } of Object.values(responses)) expect(description).not.toMatch(/^(Default Response)?$/);
    }
  });

  it('gives a TypeScript client that compiles and works', async () => {
    await using folder = await temporaryFolder();
    const file = (name: string): string => join(folder.path, name);
    await symlink(fileURLToPath(new URL('../../node_modules', import.meta.url)), file('node_modules'));
    await writeFile(file('package.json'), '{ "type": "module" }');
    await writeFile(file('schema.ts'), astToString(await openapiTypescript(structuredClone(document))));
    await writeFile(file('client.ts'), program);
    const compiled = ts.createProgram([file('client.ts')], {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.esnext.d.ts', 'lib.dom.d.ts'],
      types: [],
      skipLibCheck: true,
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
    });
    const problems = ts
      .getPreEmitDiagnostics(compiled)
      .map((each) => ts.flattenDiagnosticMessageText(each.messageText, '\n'));
    expect(problems).toEqual([]);
    const run = await promisify(execFile)(process.execPath, [file('client.ts'), server.url, token]);
    expect(JSON.parse(run.stdout)).toEqual({
      name: 'Front door',
      width: 320,
      magic: [0xff, 0xd8, 0xff],
      code: 'photo_not_found',
    });
  });

  it.skipIf(lacks('openapi-python-client'))('gives a Python client that works', async () => {
    await using folder = await temporaryFolder();
    const file = (name: string): string => join(folder.path, name);
    const generator = programPath('openapi-python-client');
    await writeFile(file('porthole.json'), JSON.stringify(document));
    await writeFile(file('config.yml'), 'post_hooks: []\n');
    await writeFile(file('program.py'), pythonProgram);
    const options = ['--path', file('porthole.json'), '--config', file('config.yml')];
    await promisify(execFile)(generator, ['generate', ...options, '--meta', 'none', '--output-path', file('client')]);
    // The client needs packages that are installed next to the generator.
    const python = join(dirname(generator), 'python3');
    const run = await promisify(execFile)(python, [file('program.py'), server.url, token]);
    expect(JSON.parse(run.stdout)).toEqual({
      name: 'Front door',
      same: true,
      width: 320,
      magic: [0xff, 0xd8, 0xff],
      status: 404,
    });
  });
});
