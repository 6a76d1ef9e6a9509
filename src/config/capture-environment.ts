type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What child processes get of the environment: programs and libraries are found, text and times are right, and drivers,
 * ALSA, hardware encoders and Node.js work as they do for the server. A name that ends in `*` stands for all that begin
 * so.
 */
const passed = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LANGUAGE', 'LC_*', 'TZ', 'TZDIR', 'TMPDIR', 'XDG_*', 'DBUS_*'],
  ...['LD_*', 'DYLD_*', 'MALLOC_*', 'GLIBC_TUNABLES'],
  ...['ALSA_*', 'PULSE_*', 'PIPEWIRE_*', 'JACK_*', 'LIBV4L*', 'V4L2_*'],
  ...['LIBVA_*', 'VDPAU_*', 'MESA_*', 'LIBGL_*', 'EGL_*', 'DRI_PRIME', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'],
  ...['MFX_*', 'ONEVPL_*', 'INTEL_*', 'CUDA_*', 'NVIDIA_*', 'AMD_*', 'VK_*', 'OPENCL_*', 'AV_LOG_*'],
  ...['NODE_COMPILE_CACHE', 'NODE_DEBUG', 'NODE_EXTRA_CA_CERTS', 'NODE_ICU_DATA', 'NODE_NO_WARNINGS', 'NODE_OPTIONS'],
  ...['NODE_PATH', 'NODE_PRESERVE_SYMLINKS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_SYSTEM_CA', 'NODE_V8_COVERAGE'],
  ...['SSL_CERT_*', 'OPENSSL_*', 'UV_*'],
] as const;

/** Names of secrets: the server's own options, databases' and clouds' credentials. */
const secretName = /^PORTHOLE_|^PG|PASS|PWD|SECRET|TOKEN|KEY|CRED|AUTH|COOKIE|PRIVATE|DATABASE|DSN/i;
/** A URL with a user or password. */
const secretValue = /:\/\/[^/\s]*@/;

/**
 * The environment of child processes, which read what cameras send: without the server's secrets, such as the admin's
 * password and the database's URL.
 *
 * A preloaded library (`LD_PRELOAD`) may read variables of any name. With one, everything is passed that does not look
 * like a secret.
 *
 * @param more further names, as in `--capture-env`
 */
export function captureEnvironment(env: Environment, more: readonly string[]): Readonly<Record<string, string>> {
  const named = [...passed, ...more].map(matcher);
  const preloads = Boolean(env.LD_PRELOAD);
  const isPassed = (name: string, value: string): boolean =>
    named.some((matches) => matches(name)) || (preloads && !secretName.test(name) && !secretValue.test(value));
  return Object.freeze(
    Object.fromEntries(
      Object.entries(env).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && isPassed(entry[0], entry[1]),
      ),
    ),
  );
}

function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.endsWith('*')) return (name) => name === pattern;
  const start = pattern.slice(0, -1);
  return (name) => name.startsWith(start);
}
