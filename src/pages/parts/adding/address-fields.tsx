import { m } from '#messages';
import { cameraMakers } from '../../../domain/cameras/camera-makers.ts';
import { say } from '../../../messages/sentence.ts';
import type { Problem } from '../../../domain/errors.ts';
import type { CameraValues } from '../../models.ts';
import { Field } from '../form.tsx';
import { Rich } from '../rich.tsx';

interface AddressFieldsProps {
  readonly values: CameraValues;
  readonly error: Problem | null;
}

/** The address of a new camera in parts: host or whole address, maker or path, and the camera's own sign-in. */
export function AddressFields({ values, error }: AddressFieldsProps) {
  const { maker = '', path = '', user = '', kept = '' } = values;
  return (
    <>
      <Field
        name="source"
        label={m.settings_host()}
        value={values.source}
        placeholder="192.168.1.20"
        hint={<Rich text={m.settings_host_hint()} />}
        problem={error}
        maxLength={2000}
        plain
      />
      <div class="field-pair">
        <div class="field">
          <label for="maker">{m.settings_maker()}</label>
          <select id="maker" name="maker" aria-describedby="maker-hint">
            <option value="">{m.settings_maker_unknown()}</option>
            {cameraMakers.map(({ id, name }) => (
              <option key={id} value={id} selected={id === maker}>
                {id === 'other' ? m.settings_maker_other() : name}
              </option>
            ))}
          </select>
        </div>
        <Field
          name="path"
          label={m.settings_path()}
          value={path}
          placeholder="/stream1"
          problem={error}
          required={false}
          maxLength={1000}
          plain
        />
      </div>
      <MakerHints maker={maker} />
      <div class="field-pair">
        <Field
          name="user"
          label={m.settings_user()}
          value={user}
          autocomplete="off"
          problem={error}
          required={false}
          maxLength={200}
          plain
        />
        <Field
          name="password"
          label={m.settings_password()}
          type="password"
          autocomplete="new-password"
          {...(kept === '' ? {} : { placeholder: '••••••••' })}
          problem={error}
          required={false}
          maxLength={1000}
        />
      </div>
      {kept !== '' && <input type="hidden" name="kept" value={kept} />}
      <p class="hint">
        {m.settings_login_hint()}
        {kept !== '' && ` ${m.settings_password_kept()}`}
      </p>
      <SubstreamField value={values.substream ?? ''} error={error} />
    </>
  );
}

/** The second, smaller stream of a network camera. */
export function SubstreamField({ value, error }: { readonly value: string; readonly error: Problem | null }) {
  return (
    <Field
      name="substream"
      label={m.settings_substream()}
      value={value}
      placeholder="/stream2"
      hint={`${m.settings_substream_hint()}${value.endsWith('/…') ? ` ${m.settings_source_hidden()}` : ''}`}
      problem={error}
      required={false}
      maxLength={2000}
      plain
    />
  );
}

/** What has to be set up at the camera of each maker. Scripts show the one of the chosen maker; without, all are listed. */
function MakerHints({ maker }: { readonly maker: string }) {
  return (
    <div id="maker-hint" class="maker-hints">
      {cameraMakers.map(({ id, name, hint }) =>
        hint === undefined ? null : (
          <p key={id} class="hint" data-maker={id} data-chosen={id === maker ? '' : undefined}>
            <b>{name}</b>: {say(hint)}
          </p>
        ),
      )}
    </div>
  );
}
