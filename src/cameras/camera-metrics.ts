import { Counter, Gauge, Registry } from 'prom-client';
import { maySee, type Principal } from '../domain/users/user.ts';
import type { Cameras } from './cameras.ts';

const states = ['closed', 'opening', 'live', 'reconnecting', 'off'] as const;

/** The metrics of the cameras that the principal may see. A new registry each time, so that removed cameras disappear. */
export function cameraMetrics(cameras: Pick<Cameras, 'metrics'>, principal: Principal): Registry {
  const register = new Registry();
  const registers = [register];
  const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
    new Gauge({ name: `porthole_${name}`, help, labelNames, registers });
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name: `porthole_${name}`, help, labelNames, registers });

  const state = gauge('camera_state', '1 for the current state of a camera', ['camera', 'state']);
  const captured = counter('camera_captured_frames_total', 'Frames received from the source', ['camera']);
  const drops = counter('camera_dropped_frames_total', 'Frames dropped, by reason', ['camera', 'reason']);
  const restarts = counter('camera_restarts_total', 'Captures restarted after a failure', ['camera']);
  const viewers = gauge('rendition_viewers', 'Current viewers', ['camera', 'rendition']);
  const frames = counter('rendition_frames_total', 'Frames encoded or passed through', ['camera', 'rendition']);
  const bytes = counter('rendition_bytes_total', 'Bytes of those frames', ['camera', 'rendition']);

  for (const camera of cameras.metrics().filter(({ id }) => maySee(principal, id))) {
    const labels = { camera: camera.id };
    for (const each of states) state.set({ ...labels, state: each }, each === camera.state ? 1 : 0);
    captured.inc(labels, camera.captured);
    restarts.inc(labels, camera.restarts);
    for (const [reason, dropped] of Object.entries(camera.drops)) drops.inc({ ...labels, reason }, dropped);
    for (const { rendition, ...stats } of camera.renditions) {
      viewers.set({ ...labels, rendition }, stats.viewers);
      frames.inc({ ...labels, rendition }, stats.frames);
      bytes.inc({ ...labels, rendition }, stats.bytes);
    }
  }
  return register;
}
