/** The checks that guest.ts performs on the real driver, in order. Each is a test of real-driver.test.ts. */
export const checks = [
  'finds every capture node, but no output or metadata nodes',
  'lists formats by FFmpeg’s names with all sizes and rates',
  'adds the devices as cameras at the first start',
  'opens raw formats and encodes them in their own size',
  'opens the wanted mode in several raw formats',
  'opens the nearest mode with a warning, and reports the claimed rate as well as the measured one',
  'passes MJPEG through byte for byte, without what pads the driver’s buffers',
  'shows an H.264 camera',
  'reports a device that captures no video',
  'reads every type of control like v4l2-ctl',
  'sets controls while the camera is live and while it is closed',
  'rejects a bad value with the valid range',
  'restores saved controls after a crash of the capture and after a restart',
  'resets controls to the driver’s defaults',
  'notifies admins of devices that are unplugged and plugged in',
  'tells two identical cameras apart by their places, with other numbers and in another order',
  'lists cameras that are off without opening them',
] as const;

/** The name of a check. */
export type Check = (typeof checks)[number];
