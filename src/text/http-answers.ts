import { type Sentence, sentence } from '../messages/sentence.ts';

/** What to do about a camera's answers to an HTTP request, in a sentence each. */
export const httpAnswers = {
  loginMissing: sentence('camera_http_login_missing'),
  loginWrong: sentence('camera_http_login_wrong'),
  loginUnknown: sentence('camera_http_login_unknown'),
  forbidden: sentence('camera_http_forbidden'),
  notFound: sentence('camera_http_not_found'),
  full: sentence('camera_http_full'),
  serverError: (status: number): Sentence => sentence('camera_http_server_error', { status }),
  refused: (status: number): Sentence => sentence('camera_http_refused', { status }),
  notGet: sentence('camera_http_not_get'),
  redirect: (target: string): Sentence => sentence('camera_http_redirect', { target }),
  rtsp: sentence('camera_http_rtsp'),
  page: sentence('camera_http_page'),
  hls: sentence('camera_http_hls'),
  dash: sentence('camera_http_dash'),
  whep: sentence('camera_http_whep'),
  data: sentence('camera_http_data'),
  picture: sentence('camera_http_picture'),
  empty: sentence('camera_http_empty'),
} as const;
