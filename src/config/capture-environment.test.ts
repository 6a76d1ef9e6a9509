import { describe, expect, it } from 'vitest';
import { captureEnvironment } from './capture-environment.ts';

const secrets = {
  PORTHOLE_ADMIN_PASSWORD: 'x',
  PORTHOLE_DATABASE_URL: 'postgres://porthole:x@db/porthole',
  PORTHOLE_CAMERA: 'Front=rtsp://admin:x@camera/',
  DATABASE_URL: 'x',
  PGPASSWORD: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  NODE_AUTH_TOKEN: 'x',
  MQTT_URL: 'mqtt://user:x@broker',
};
const useful = {
  PATH: '/usr/bin',
  HOME: '/home/ada',
  LANG: 'de_DE.UTF-8',
  LC_TIME: 'C',
  TZ: 'Europe/Berlin',
  LD_LIBRARY_PATH: '/opt/lib',
  LIBVA_DRIVER_NAME: 'iHD',
  ALSA_CARD: 'Webcam',
  MALLOC_ARENA_MAX: '1',
  NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
};

describe('captureEnvironment', () => {
  it('passes what drivers and libraries need, and nothing else', () => {
    expect(captureEnvironment({ ...secrets, ...useful, SOMETHING: 'else', GONE: undefined }, [])).toEqual(useful);
  });

  it('passes further variables that an admin names, alone or by their beginning', () => {
    const env = { ...secrets, DRIVER_DEBUG: '1', MY_A: '1', MY_B: '2', MYTH: '3' };
    expect(captureEnvironment(env, ['DRIVER_DEBUG', 'MY_*'])).toEqual({ DRIVER_DEBUG: '1', MY_A: '1', MY_B: '2' });
  });

  it('passes the variables of a preloaded library, but no secrets', () => {
    const preload = { LD_PRELOAD: '/opt/fakecam.so', FAKECAM_FILE: '/tmp/clip', QC_FOURCC: 'MJPG' };
    expect(captureEnvironment({ ...secrets, ...useful, ...preload }, [])).toEqual({ ...useful, ...preload });
  });
});
