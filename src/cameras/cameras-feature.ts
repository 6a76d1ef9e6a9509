import type { Feature } from '../http/kernel.ts';
import { registerCameraApi } from './camera-api.ts';
import { registerWebcamPicture } from './adding/webcam-picture.ts';
import { registerWelcome } from './adding/welcome.ts';
import { registerCameraForms } from './camera-forms.ts';
import { registerSettingsPage } from './settings-page.ts';
import { cameraMetrics } from './camera-metrics.ts';
import type { UnreadableRows } from '../store/unreadable-rows.ts';
import type { Cameras } from './cameras.ts';
import { registerControls } from './controls/control-routes.ts';
import { registerPtz } from './ptz/ptz-routes.ts';
import type { LiveView } from './watching/live-view.ts';

/** What {@link camerasFeature} uses. */
interface CameraServices {
  readonly cameras: Cameras;
  readonly liveView: LiveView;
  readonly unreadable: UnreadableRows;
}

/** Cameras: the API, the pages of Settings, controls and metrics. */
export function camerasFeature({ cameras, liveView, unreadable }: CameraServices): Feature {
  return (app) => {
    registerCameraApi(app, cameras);
    registerSettingsPage(app, cameras, unreadable);
    registerCameraForms(app, cameras, liveView);
    registerWelcome(app, cameras, liveView);
    registerWebcamPicture(app, cameras);
    registerControls(app, cameras, liveView);
    registerPtz(app, cameras);
    app.kernel.metrics.add((principal) => cameraMetrics(cameras, principal));
  };
}
