/** What to do about a camera's answers to an HTTP request, in a sentence each. */
export const httpAnswers = {
  loginMissing: 'The camera requires a name and password. Add them to its address: http://NAME:PASSWORD@HOST/…',
  loginWrong: 'The camera rejects this name and password. Correct them in its address.',
  loginUnknown:
    'The camera requires a kind of sign-in that Porthole does not support. Choose Basic or Digest in the settings of the camera.',
  forbidden:
    "The camera forbids access to this stream (403). Check in the camera's settings that this user may watch, and from which addresses.",
  notFound: 'The camera answers, but has no stream at this path (404). Check the path in its address.',
  full: 'The camera already serves as many viewers as it can. Close another program that shows it, or choose a smaller stream.',
  serverError: (status: number): string =>
    `The camera reports an error of its own (${status}). If it continues, restart the camera.`,
  refused: (status: number): string =>
    `The camera rejects the request for this address (${status}). Check the path in its address.`,
  notGet:
    "This address does not deliver a stream on request (405). It may be a WHEP or control address. Enter the camera's MJPEG or RTSP address.",
  redirect: (target: string): string =>
    `The camera redirects Porthole to ${target}. If that address is right, enter it as the camera's address.`,
  rtsp: 'An RTSP server answers at this address. Write rtsp:// instead of http://.',
  page: "This address is a web page, perhaps the camera's sign-in page, not a stream. Enter the address of the stream itself, which the camera's manual names.",
  hls: "This address is an HLS playlist, which Porthole does not read. Enter the camera's RTSP or MJPEG address.",
  dash: "This address is a DASH playlist, which Porthole does not read. Enter the camera's RTSP or MJPEG address.",
  whep: "This address is for WebRTC (WHEP), which Porthole does not read. Enter the camera's RTSP or MJPEG address.",
  data: "This address delivers text or data, not video. Enter the address of the stream itself, which the camera's manual names.",
  picture: 'This address delivers a picture that is not a JPEG. Choose JPEG or MJPEG in the settings of the camera.',
  empty: 'The camera answers, but sends no image. Check its address, and whether the camera itself shows a picture.',
} as const;
