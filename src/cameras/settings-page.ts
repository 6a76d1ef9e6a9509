import { m } from '#messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { answerFor } from '../http/errors.ts';
import { attempt, finishForm } from '../http/forms/form-answers.ts';
import type { App } from '../http/kernel.ts';
import { languageOf } from '../http/preferences/language.ts';
import { page } from '../http/security/policy.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { SettingsCamerasModel } from '../pages/models.ts';
import type { UnreadableRows } from '../store/unreadable-rows.ts';
import type { Cameras } from './cameras.ts';

const Lines = Type.Optional(Type.String({ maxLength: 10_000 }));
/** Sites whose pages may read images, one per line. */
const SitesForm = Type.Object({ origins: Lines });
/** Host names, one per line. */
const HostsForm = Type.Object({ hosts: Lines });

/** Settings: the list of cameras, and the settings of the whole server below it. */
export function registerSettingsPage(app: App, cameras: Cameras, unreadable: UnreadableRows): void {
  const { pages, settings } = app.kernel;
  /** Shows the page, after an error with the lists as they were typed. */
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Pick<SettingsCamerasModel, 'origins' | 'hosts'> = {},
    error?: PortholeError,
  ): Promise<FastifyReply> => {
    const [details, { webcams }, origins, hosts] = await Promise.all([
      Promise.all(cameras.list().map((camera) => cameras.details(camera.id))),
      cameras.foundWebcams(),
      settings.corsOrigins(),
      settings.hostNames(),
    ]);
    const posters = details.map(({ id }) => id).filter((id) => cameras.poster(id) !== null);
    const model = { details, webcams, posters, origins, hosts, unreadable: unreadable.list, ...typed };
    const html = pages.settingsCameras({ ...shellFor(request, reply), ...model, error: error?.toJSON() ?? null });
    return sendPage(reply, html, error === undefined ? 200 : answerFor(error).status);
  };

  app.get('/settings', page('admin'), (request, reply) => show(request, reply));
  app.post('/settings/sites', { ...page('admin'), schema: { body: SitesForm } }, async (request, reply) => {
    const typed = request.body.origins ?? '';
    const origins = await attempt(request, () => settings.setCorsOrigins(typed.split(/\s+/)));
    if (origins instanceof PortholeError) return show(request, reply, { origins: [typed] }, origins);
    const locale = languageOf(request);
    const text = origins.length === 0 ? m.settings_sites_none({}, { locale }) : m.settings_sites_saved({}, { locale });
    return finishForm(request, reply, { to: '/settings', json: { origins }, flash: { kind: 'done', text } });
  });
  app.post('/settings/hosts', { ...page('admin'), schema: { body: HostsForm } }, async (request, reply) => {
    const typed = request.body.hosts ?? '';
    const hosts = await attempt(request, () => settings.setHostNames(typed.split(/[\s,]+/)));
    if (hosts instanceof PortholeError) return show(request, reply, { hosts: [typed] }, hosts);
    const flash = { kind: 'done', text: m.settings_hosts_saved({}, { locale: languageOf(request) }) } as const;
    return finishForm(request, reply, { to: '/settings', json: { hosts }, flash });
  });
}
