import type { Config } from './config.ts';
import { ownFiles } from './own-files.ts';

/** What captures need of the configuration. */
export function captureOptions(config: Config) {
  return {
    h264Encoder: config.h264Encoder,
    environment: config.captureEnvironment,
    memory: config.captureMemory,
    hidden: ownFiles(config),
    transcoderCameras: config.transcoderCameras,
  };
}
