/** What guest.ts tries on the real driver, in its order; each is a test of real-driver.test.ts. */
export const checks = [
  'finds every capture node, and neither outputs nor metadata',
  'lists formats by FFmpeg’s names with all sizes and rates',
  'becomes cameras of their own at the first start',
  'opens raw pictures and encodes them in their own size',
  'opens the wanted mode in several raw formats',
  'opens the nearest mode with a warning, and tells the claimed rate beside the measured one',
  'passes MJPEG through byte for byte, without what pads the driver’s buffers',
  'shows an H.264 camera',
  'says what a device without pictures is',
  'reads every type of control as another program does',
  'sets controls live and while nothing captures',
  'refuses a bad value with its range',
  'sets saved controls again after a crash of the capture and after a restart',
  'resets controls to the defaults of the driver',
  'tells admins of devices that go and come, without being asked',
  'knows two cameras that are alike by their places, under other numbers in another order',
  'names nothing that it had to open while the camera is off',
] as const;

/** The name of one of them. */
export type Check = (typeof checks)[number];
