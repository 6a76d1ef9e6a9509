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

/** Every page: a pure function from its model to a whole HTML document. */
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
