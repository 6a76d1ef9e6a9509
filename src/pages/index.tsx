import { account } from './account.tsx';
import { apiDescription } from './api-description.tsx';
import { cameraControls } from './camera-controls.tsx';
import { cameraForm } from './camera-form.tsx';
import { connect } from './connect.tsx';
import { embed } from './embed.tsx';
import { grid } from './grid.tsx';
import { live } from './live.tsx';
import { login, setup } from './login.tsx';
import { inLanguage } from '../messages/language.ts';
import { spoken } from '../text/spoken.ts';
import type { Pages, Shell } from './models.ts';
import { photo } from './photo.tsx';
import { photos } from './photos.tsx';
import { problem } from './problem.tsx';
import { settingsCameras } from './settings-cameras.tsx';
import { sharedPhoto } from './shared-photo.tsx';
import { still } from './still.tsx';
import { users } from './users.tsx';
import { welcome } from './welcome.tsx';

const each: Pages = {
  live,
  grid,
  still,
  photos,
  photo,
  sharedPhoto,
  login,
  setup,
  welcome,
  settingsCameras,
  cameraForm,
  cameraControls,
  users,
  account,
  connect,
  embed,
  problem,
  apiDescription,
};

/** All pages. Each is a pure function from its model to an HTML document in the model's language. */
export const pages = Object.fromEntries(
  Object.entries(each).map(([name, render]) => [
    name,
    (model: Shell) =>
      inLanguage(model.language, () => (render as (model: Shell) => string)(spoken(model, model.language))),
  ]),
) as unknown as Pages;
