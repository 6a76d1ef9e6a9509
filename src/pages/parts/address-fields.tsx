import { cameraMakers } from '../../domain/camera-makers.ts';
import type { Problem } from '../../domain/errors.ts';
import type { CameraValues } from '../models.ts';
import { about, Field } from './form.tsx';

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
        id="source"
        name="source"
        label="Host or address"
        value={values.source}
        placeholder="192.168.1.20"
        hint={
          <>
            The camera’s IP address or name, on which likely addresses are tried in turn. Or a whole address (
            <code>rtsp://…</code>, <code>http://…</code>), a device (<code>/dev/video0</code>), a video file (
            <code>file:PATH</code>) or the test pattern (<code>test:</code>).
          </>
        }
        error={about(error, 'source')}
        maxLength={2000}
        plain
      />
      <div class="field-pair">
        <div class="field">
          <label for="maker">Maker</label>
          <select id="maker" name="maker" aria-describedby="maker-hint">
            <option value="">I don’t know: try all</option>
            {cameraMakers.map(({ id, name }) => (
              <option key={id} value={id} selected={id === maker}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <Field
          id="path"
          name="path"
          label="Path"
          value={path}
          placeholder="/stream1"
          error={about(error, 'path')}
          required={false}
          maxLength={1000}
          plain
        />
      </div>
      <MakerHints maker={maker} />
      <div class="field-pair">
        <Field
          id="user"
          name="user"
          label="User"
          value={user}
          autocomplete="off"
          error={about(error, 'user')}
          required={false}
          maxLength={200}
          plain
        />
        <Field
          id="password"
          name="password"
          label="Password"
          type="password"
          autocomplete="new-password"
          {...(kept === '' ? {} : { placeholder: '••••••••' })}
          error={about(error, 'password')}
          required={false}
          maxLength={1000}
        />
      </div>
      {kept !== '' && <input type="hidden" name="kept" value={kept} />}
      <p class="hint">
        The sign-in of the camera itself, if it has one.
        {kept !== '' && ' The password that you entered is kept. Leave the field empty to use it.'}
      </p>
    </>
  );
}

/** What has to be set up at the camera of each maker. Scripts show the one of the chosen maker; without, all are listed. */
function MakerHints({ maker }: { readonly maker: string }) {
  return (
    <div id="maker-hint" class="maker-hints">
      {cameraMakers.map(({ id, name, hint }) =>
        hint === undefined ? null : (
          <p key={id} class="hint" data-maker={id} data-chosen={id === maker ? '' : undefined}>
            <b>{name}</b>: {hint}
          </p>
        ),
      )}
    </div>
  );
}
