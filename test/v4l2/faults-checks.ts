/** The checks that faults-guest.ts performs, in order. Each is a test of faults.test.ts. */
export const faultChecks = [
  'a loopback camera’s MJPEG reaches viewers byte for byte and in order, without the rest of a larger frame behind it',
  'keeps the viewers of an unplugged camera, tells them what happened and when, and continues when it is back',
  'finds a camera again under another number after its driver was unloaded',
  'drops only frames when buffers are damaged and a third of them is lost',
  'recovers from errors of the driver during streaming and at the start',
  'replaces a capture process that is killed in the middle of a frame, and sends no damaged frame',
  'names the program that uses a busy camera, and continues when it exits',
  'reports a camera without permission, and continues when it is allowed',
  'closes the camera when nobody watches',
  'never opens a camera that is off, even after a restart',
  'closes the camera after the server was killed',
] as const;

/** The name of a check. */
export type FaultCheck = (typeof faultChecks)[number];
