/** What faults-guest.ts does to a camera, in its order; each is a test of faults.test.ts. */
export const faultChecks = [
  'a loopback camera’s MJPEG reaches viewers byte for byte, in its order, whatever a larger picture left behind',
  'a pulled camera keeps its viewers, tells them which one and since when, and comes back',
  'a camera whose driver goes comes back under another number',
  'damaged buffers and a third of them lost cost pictures, and nothing else',
  'errors of the driver while it streams and while it starts are overcome',
  'a capture process that is killed in the middle of a picture is replaced, and no torn one is sent',
  'a busy camera names the program that has it, and comes back when that ends',
  'a forbidden camera says so, and comes back when it is allowed',
  'nothing has the camera open when nobody watches',
  'nothing opens a camera that is off, also after a restart',
  'nothing has the camera open after the server was killed',
] as const;

/** The name of one of them. */
export type FaultCheck = (typeof faultChecks)[number];
