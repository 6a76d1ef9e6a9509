/** What to do about a camera's answers to an RTSP request, in a sentence each. */
export const rtspAnswers = {
  loginMissing: 'The camera requires a name and password. Put them into its address: rtsp://name:password@host/path.',
  loginWrong: 'The camera rejects the name or the password in its address. Correct them.',
  forbidden: (answer: string): string =>
    `The camera forbids access to this stream (${answer}). Allow it for this user, and for Porthole's address, in the camera's settings.`,
  noTransport: (answer: string): string =>
    `The camera sends neither over TCP nor over UDP (${answer}). Allow RTSP over TCP in the camera's settings.`,
  notWatchable: (answer: string): string =>
    `The server at this address speaks RTSP, but does not let programs watch this stream (${answer}). Check the path in its address.`,
  failed: (answer: string): string =>
    `The camera reports an internal error (${answer}). Porthole tries again. Restart the camera if this lasts.`,
  rejected: (answer: string): string => `The camera rejects this stream (${answer}). Check the path in its address.`,
  redirect: (target: string): string =>
    `The camera redirects Porthole to ${target}. If that address is right, enter it as the camera's address.`,
  web: 'A web server answers at this address, not an RTSP server. Check the port (usually 554), or write http:// if the camera sends MJPEG there.',
  tls: 'The server at this address speaks TLS. Write rtsps:// instead of rtsp://, or check the port.',
  other: 'This address does not belong to an RTSP server. Check the port: it is usually 554.',
  silent:
    'The camera accepts the connection, but does not answer. Check the port (usually 554), and restart the camera if it is right.',
  hangUp:
    'The camera closes the connection without an answer. Check the port (usually 554) and the path, and whether other programs use all of its connections.',
  hls: 'This is the address of an HLS playlist, which Porthole does not read. Enter the RTSP address of the same camera.',
  whep: 'This is a WebRTC address (WHEP), which Porthole does not read. Enter the RTSP address of the same camera.',
  page: "This is the address of a web page. Enter the RTSP address from the camera's manual.",
} as const;
