import { account } from './account.tsx';
import { apiDescription } from './api-description.tsx';
import { cameraControls } from './camera-controls.tsx';
import { cameraForm } from './camera-form.tsx';
import { grid } from './grid.tsx';
import { live } from './live.tsx';
import { login, setup } from './login.tsx';
import type { Pages } from './models.ts';
import { photo } from './photo.tsx';
import { photos } from './photos.tsx';
import { problem } from './problem.tsx';
import { settingsCameras } from './settings-cameras.tsx';
import { users } from './users.tsx';

/** All pages. Each is a pure function from its model to an HTML document. */
export const pages: Pages = {
  live,
  grid,
  photos,
  photo,
  login,
  setup,
  settingsCameras,
  cameraForm,
  cameraControls,
  users,
  account,
  problem,
  apiDescription,
};
