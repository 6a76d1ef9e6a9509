import { m } from '#messages';
import type { MissingWebcams } from '../domain/cameras/found-webcam.ts';

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
        heading: m.settings_webcam_none(),
        text: missing.isContainer ? m.settings_webcam_container() : m.settings_webcam_none_text(),
      };
    case 'forbidden': {
      const { group, user } = missing;
      const nodes = missing.nodes.join(', ');
      return missing.isMember
        ? {
            heading: m.settings_webcam_forbidden(),
            text: m.settings_webcam_member({ nodes, group, user }),
          }
        : {
            heading: m.settings_webcam_forbidden(),
            text: m.settings_webcam_group({ nodes, group, user }),
            command: `sudo usermod -aG ${group} ${user}`,
          };
    }
    case 'other-devices':
      return {
        heading: m.settings_webcam_none(),
        text: m.settings_webcam_other({ nodes: missing.nodes.join(', ') }),
      };
    default:
      return missing satisfies never;
  }
}
