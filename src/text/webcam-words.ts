import type { MissingWebcams } from '../domain/found-webcam.ts';

/** Why a webcam is missing, and what to do about it. */
export interface MissingWords {
  readonly heading: string;
  readonly text: string;
  /** A command that helps. */
  readonly command?: string;
}

/** Says why a webcam is missing, and what to do. */
export function missingWebcamWords(missing: MissingWebcams): MissingWords {
  switch (missing.kind) {
    case 'none':
      return {
        heading: 'No webcam found',
        text: missing.isContainer
          ? 'This container has no video device. Plug a webcam in, and pass it to the container (for example, --device /dev/video0).'
          : 'No webcam is plugged in. Plug one in: it appears here automatically.',
      };
    case 'forbidden': {
      const nodes = missing.nodes.join(', ');
      return missing.isMember
        ? {
            heading: 'Porthole may not open the webcam',
            text: `${nodes} belongs to the group “${missing.group}”. The user “${missing.user}” is in it, but was not when Porthole started. Sign in again or restart the service, then start Porthole again.`,
          }
        : {
            heading: 'Porthole may not open the webcam',
            text: `${nodes} belongs to the group “${missing.group}”, and the user “${missing.user}” is not in it. Run this command, then start Porthole again:`,
            command: `sudo usermod -aG ${missing.group} ${missing.user}`,
          };
    }
    case 'other-devices':
      return {
        heading: 'No webcam found',
        text: `This machine has video devices (${missing.nodes.join(', ')}), but none of them is a webcam. Plug one in: it appears here automatically.`,
      };
    default:
      return missing satisfies never;
  }
}
