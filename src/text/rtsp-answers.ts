import { type Sentence, sentence } from '../messages/sentence.ts';

/** What to do about a camera's answers to an RTSP request, in a sentence each. */
export const rtspAnswers = {
  loginMissing: sentence('camera_rtsp_login_missing'),
  loginWrong: sentence('camera_rtsp_login_wrong'),
  forbidden: (answer: string): Sentence => sentence('camera_rtsp_forbidden', { answer }),
  noTransport: (answer: string): Sentence => sentence('camera_rtsp_no_transport', { answer }),
  notWatchable: (answer: string): Sentence => sentence('camera_rtsp_not_watchable', { answer }),
  failed: (answer: string): Sentence => sentence('camera_rtsp_failed', { answer }),
  rejected: (answer: string): Sentence => sentence('camera_rtsp_rejected', { answer }),
  redirect: (target: string | Sentence): Sentence => sentence('camera_rtsp_redirect', { target }),
  web: sentence('camera_rtsp_web'),
  tls: sentence('camera_rtsp_tls'),
  other: sentence('camera_rtsp_other'),
  silent: sentence('camera_rtsp_silent'),
  hangUp: sentence('camera_rtsp_hang_up'),
  hls: sentence('camera_rtsp_hls'),
  whep: sentence('camera_rtsp_whep'),
  page: sentence('camera_rtsp_page'),
} as const;
