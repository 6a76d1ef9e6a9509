import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, type ConfigInput, helpText, readConfig, version } from './config.ts';
import { environmentName, type Option, optionKeys, options } from './options.ts';

const folder = '/srv/porthole';

function configOf(input: ConfigInput = {}): Config {
  const command = readConfig({ args: [], env: {}, folder, ...input });
  if (command.kind !== 'run') throw new Error(`asked for ${command.kind}`);
  return command.config;
}

function problemsOf(args: readonly string[], env: ConfigInput['env'] = {}): readonly string[] {
  try {
    readConfig({ args, env, folder });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('needs no options: all have defaults', () => {
    expect(configOf()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      rtspPort: null,
      data: '/srv/porthole/data',
      photoReserve: null,
      cameras: [],
      access: 'private',
      logLevel: 'info',
      logFormat: 'auto',
      graceMs: 5000,
      h264Encoder: 'x264',
      captureMemory: null,
      transcoderCameras: 4,
      batchSend: true,
      captureEnvironment: {},
      ice: { host: '127.0.0.1', port: 'auto', tcpPort: 'auto', addresses: [], servers: [] },
      publicUrl: null,
      hosts: [],
      trustProxy: [],
      allowAddresses: [],
      mediaFolder: null,
      tls: null,
      databaseUrl: null,
      adminPassword: null,
      endsWithParent: false,
    });
  });

  it('returns a frozen object', () => {
    const config = configOf({ args: ['--camera', 'a=test:', '--tls-cert=c.pem', '--tls-key=k.pem'] });
    expect([config, config.cameras, config.cameras[0], config.trustProxy, config.tls].every(Object.isFrozen)).toBe(
      true,
    );
  });

  it('reads every option from the command line', () => {
    const args =
      '--host 0.0.0.0 --port 0 --rtsp-port 8554 --data d --photo-reserve 1.5 --camera Front=test: --access public --log-level debug --log-format json --grace 0.5 --h264-encoder vaapi --capture-memory 300 --transcoder-cameras 2 --batch-send off --capture-env DRIVER_* --public-url https://cam.example.org/ --hosts cam.example.org,Other.example:8443 --trust-proxy 10.0.0.1,10.1.0.0/16 --allow-addresses localhost --media-folder /media --ice-host :: --ice-port 9000-9100 --ice-tcp-port 9000 --ice-address 203.0.113.5,cam.example.org --ice-server stun:a:1,turn:u:p%40@[::1] --tls-cert c.pem --tls-key k.pem --database-url postgres://u:p@db/porthole';
    expect(configOf({ args: args.split(' '), env: { DRIVER_DEBUG: '1' } })).toEqual({
      host: '0.0.0.0',
      port: 0,
      rtspPort: 8554,
      data: '/srv/porthole/d',
      photoReserve: 1_500_000,
      cameras: [{ id: 'front', name: 'Front', source: 'test:' }],
      access: 'public',
      logLevel: 'debug',
      logFormat: 'json',
      graceMs: 500,
      h264Encoder: 'vaapi',
      captureMemory: 300_000_000,
      transcoderCameras: 2,
      batchSend: false,
      captureEnvironment: { DRIVER_DEBUG: '1' },
      ice: {
        host: '::',
        port: { begin: 9000, end: 9100 },
        tcpPort: 9000,
        addresses: ['203.0.113.5', 'cam.example.org'],
        servers: [
          { kind: 'stun', host: 'a', port: 1 },
          { kind: 'turn', host: '::1', port: 3478, username: 'u', password: 'p@' },
        ],
      },
      hosts: ['cam.example.org', 'other.example'],
      publicUrl: 'https://cam.example.org',
      trustProxy: ['10.0.0.1', '10.1.0.0/16'],
      allowAddresses: ['localhost'],
      mediaFolder: '/media',
      tls: { cert: '/srv/porthole/c.pem', key: '/srv/porthole/k.pem' },
      databaseUrl: 'postgres://u:p@db/porthole',
      adminPassword: null,
      endsWithParent: false,
    });
  });

  it('reads every option from the environment', () => {
    const env = {
      PORTHOLE_HOST: '::1',
      PORTHOLE_PORT: '9000',
      PORTHOLE_CAMERA: 'a=test:',
      PORTHOLE_LOG_LEVEL: 'warn',
      PORTHOLE_TRUST_PROXY: '127.0.0.1 ::1',
      PORTHOLE_ADMIN_PASSWORD: 'correct horse',
    };
    expect(configOf({ env })).toMatchObject({
      host: '::1',
      port: 9000,
      cameras: [{ id: 'a' }],
      logLevel: 'warn',
      trustProxy: ['127.0.0.1', '::1'],
      adminPassword: 'correct horse',
    });
  });

  it('sends to each viewer on its own where libuv must use no io_uring', () => {
    expect(configOf({ env: { UV_USE_IO_URING: '0' } }).batchSend).toBe(false);
    expect(configOf({ env: { UV_USE_IO_URING: '1' } }).batchSend).toBe(true);
  });

  it('prefers the command line to the environment, and the last of two values to the first', () => {
    const env = { PORTHOLE_PORT: '9000', PORTHOLE_CAMERA: 'a=test:' };
    const config = configOf({ args: ['--port=1', '--port', '2', '--camera', 'b=test:'], env });
    expect(config.port).toBe(2);
    expect(config.cameras.map((camera) => camera.id)).toEqual(['b']);
  });

  it('listens for WebRTC on the same address as for HTTP', () => {
    expect(configOf({ args: ['--host', '0.0.0.0'] }).ice.host).toBe('0.0.0.0');
    expect(configOf({ args: ['--ice-port', '9000'] }).ice.port).toEqual({ begin: 9000, end: 9000 });
  });

  it.each([
    ['--ice-port', '0'],
    ['--ice-port', '9000-8000'],
    ['--ice-port', '70000'],
    ['--ice-tcp-port', 'on'],
    ['--ice-address', '300.1.1.1'],
    ['--ice-address', 'http://here'],
    ['--ice-server', 'stun.example.org'],
    ['--ice-server', 'stun:user:secret@host'],
    ['--ice-server', 'turn:host'],
  ])('rejects %s %s by name, without revealing a password', (option, value) => {
    const [problem, ...more] = problemsOf([option, value]);
    expect(more).toEqual([]);
    expect(problem).toContain(`${option}: `);
    expect(problem).not.toContain('secret');
  });

  it('rejects a single port for all viewers together with TURN, which needs a port per viewer', () => {
    const relay = ['--ice-server', 'turn:u:p@host'];
    expect(problemsOf(['--ice-port', '9000', ...relay])).toEqual([expect.stringContaining('--ice-port: ')]);
    expect(problemsOf(['--ice-port', '9000-9010', ...relay])).toEqual([]);
    expect(problemsOf(relay)).toEqual([]);
  });

  it('ignores empty variables', () => {
    expect(configOf({ env: { PORTHOLE_PORT: '', PORTHOLE_DATABASE_URL: '' } })).toMatchObject({
      port: 8080,
      databaseUrl: null,
    });
  });

  it('answers --help with every option and --version with the version', () => {
    const help = readConfig({ args: ['--port', 'nonsense', '--help'], env: {}, folder });
    expect(help).toEqual({ kind: 'help', text: helpText() });
    for (const key of optionKeys) expect(helpText()).toMatch(new RegExp(`--${key} |${environmentName(key)}\n`));
    expect(readConfig({ args: ['--version'], env: {}, folder })).toEqual({ kind: 'version', text: version });
  });
});

describe('cameras on the command line', () => {
  it('keep their order and get unique ids, even if their names are alike', () => {
    const args = ['--camera', 'Front door=/dev/video0?width=640', '--camera', 'front-door=test:?fps=5'];
    expect(configOf({ args }).cameras).toEqual([
      { id: 'front-door', name: 'Front door', source: '/dev/video0?width=640' },
      { id: 'front-door-2', name: 'front-door', source: 'test:?fps=5' },
    ]);
  });

  it('are separated in the environment by new lines, or by a semicolon with spaces around it', () => {
    const env = { PORTHOLE_CAMERA: 'a=rtsp://cam/live;stream=1\nb=test: ; c=http://cam/?x=1;y=2\r\n\n' };
    expect(configOf({ env }).cameras.map((camera) => camera.source)).toEqual([
      'rtsp://cam/live;stream=1',
      'test:',
      'http://cam/?x=1;y=2',
    ]);
  });

  it('may have an equals sign in their source, and must have a name', () => {
    expect(configOf({ args: ['--camera', 'a=http://cam/?action=stream'] }).cameras[0]?.source).toBe(
      'http://cam/?action=stream',
    );
    for (const text of ['test:?width=640', '/dev/video0?width=640', 'http://cam/?a=b', 'front', '=test:']) {
      expect(problemsOf(['--camera', text])).toHaveLength(1);
    }
  });

  it('are all reported if they are invalid, without their passwords', () => {
    const problems = problemsOf(['--camera', 'a=ftp://u:secret@cam/', '--camera', 'rtsp://u:secret@cam/?a=b']);
    expect(problems).toEqual([
      expect.stringMatching(/^--camera: a: .*is not a source/),
      expect.stringMatching(/^--camera: .*is not NAME=SOURCE/),
    ]);
    expect(problems.join()).not.toContain('secret');
  });
});

describe('a problem', () => {
  it.each([
    ['port', '65536'],
    ['port', '80.5'],
    ['port', ' '],
    ['port', '-1'],
    ['host', 'two words'],
    ['access', 'Public'],
    ['log-level', 'loud'],
    ['log-format', 'xml'],
    ['grace', '-1'],
    ['grace', 'NaN'],
    ['public-url', 'cam.example.org'],
    ['public-url', 'ftp://cam.example.org'],
    ['public-url', 'https://cam.example.org/path'],
    ['trust-proxy', 'proxy.example.org'],
    ['trust-proxy', '10.0.0.0/33'],
    ['trust-proxy', '10.0.0.0/8/8'],
    ['allow-addresses', '300.1.1.1'],
    ['allow-addresses', 'http://host'],
    ['database-url', 'mysql://host/name'],
  ])('is reported with its option: %s %j', (key, text) => {
    expect(problemsOf([`--${key}=${text}`])).toEqual([expect.stringMatching(`^--${key}: `)]);
    const name = environmentName(key as keyof typeof options);
    expect(problemsOf([], { [name]: text })).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  it('is reported together with all others', () => {
    expect(problemsOf(['--port', 'x', '--bogus', 'stray', 'y'], { PORTHOLE_HOST: '' })).toEqual([
      expect.stringContaining('Unknown option --bogus'),
      expect.stringContaining('"y" is not an option'),
      expect.stringMatching('^--port: '),
    ]);
  });

  it('is an option without a value', () => {
    expect(problemsOf(['--port', '--host', '::1'])).toEqual(['--port needs a value.']);
    expect(problemsOf(['--data='])).toEqual(['--data needs a value.']);
    expect(problemsOf(['--data'])).toEqual(['--data needs a value.']);
  });

  it('is only one of the two TLS files', () => {
    expect(problemsOf(['--tls-cert', 'c.pem'])).toEqual([expect.stringContaining('--tls-key')]);
    expect(problemsOf([], { PORTHOLE_TLS_KEY: 'k.pem' })).toEqual([expect.stringContaining('--tls-cert')]);
  });

  it('never contains a secret', () => {
    const problems = problemsOf(['--admin-password', 'secret', '--database-url', 'secret'], {
      PORTHOLE_PUBLIC_URL: 'https://u:secret@cam.example.org',
    });
    expect(problems).toHaveLength(3);
    expect(problems[0]).toContain('PORTHOLE_ADMIN_PASSWORD');
    expect(problems.join()).not.toMatch(/secret(?! to every user)/);
  });

  it.each(optionKeys)('never contains the secrets of a camera that was given as %s', (key) => {
    const args = environmentName(key) === 'PORTHOLE_ADMIN_PASSWORD' ? [] : [`--${key}`];
    for (const address of ['rtsp://me:hunter2@cam/hunter2?x=hunter2', 'me:hunter2@cam', '=hunter2', 'cam?hunter2']) {
      expect(problemsOf(args.flatMap((arg) => [arg, address])).join()).not.toContain('hunter2');
      expect(problemsOf([], { [environmentName(key)]: address }).join()).not.toContain('hunter2');
    }
  });
});

describe('docs/configuration.md', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

  it.each(optionKeys)('describes %s: its key, variable, default and unit', (key) => {
    const { fallback, unit, environmentOnly }: Option = options[key];
    const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${environmentName(key)}\``));
    expect(row).toBeDefined();
    if (environmentOnly !== true) expect(row).toContain(`\`--${key}\``);
    if (fallback !== '') expect(row).toContain(`\`${fallback}\`${unit === undefined ? '' : ` ${unit}`}`);
  });

  it('describes no option that does not exist', () => {
    const known = new Set(optionKeys.map((key) => `--${key}`));
    const named = [...page.matchAll(/`(--[a-z-]+)`/g)].map((match) => match[1]!);
    expect(named.filter((name) => !known.has(name) && name !== '--help' && name !== '--version')).toEqual([]);
  });
});
