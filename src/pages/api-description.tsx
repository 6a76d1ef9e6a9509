import { m } from '#messages';
import type { ApiDescriptionModel } from './models.ts';
import { Rich } from './parts/rich.tsx';
import { settingsPage } from './parts/settings-page.tsx';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly { readonly name: string; readonly where: string; readonly text: string }[];
  readonly responses: readonly { readonly status: string; readonly text: string }[];
}

/** The API reference, rendered from the OpenAPI document. */
export function apiDescription(model: ApiDescriptionModel): string {
  const operations = operationsOf(model.spec);
  return settingsPage(model, {
    title: 'API',
    tab: 'api',
    children: (
      <>
        <h1>API</h1>
        <p>
          <Rich
            text={m.settings_api_intro()}
            account={(words) => <a href="/account">{words}</a>}
            spec={(words) => <a href="/api/openapi.json">{words}</a>}
          />
        </p>
        <pre class="code">
          <code>{`curl -H "Authorization: Bearer TOKEN" ${model.server}/api/cameras`}</code>
        </pre>
        <ul class="rows operations" lang="en">
          {operations.map((operation) => (
            <li key={`${operation.method} ${operation.path}`}>
              <OperationRow operation={operation} />
            </li>
          ))}
        </ul>
        <p class="hint">
          <Rich
            text={m.settings_api_errors()}
            shape={() => <code>{'{ "error": { "code", "message", "field"?, "detail"? } }'}</code>}
          />
        </p>
      </>
    ),
  });
}

function OperationRow({ operation }: { readonly operation: Operation }) {
  const { method, path, summary, description, parameters, responses } = operation;
  return (
    <details class="fold">
      <summary>
        <code class="method" data-method={method}>
          {method.toUpperCase()}
        </code>
        <span class="row-text">
          <b class="path">{path}</b>
          <span>{summary}</span>
        </span>
      </summary>
      <div class="operation">
        {description !== '' && <p>{description}</p>}
        {parameters.length > 0 && (
          <dl class="params">
            {parameters.map((parameter) => (
              <div key={parameter.name}>
                <dt>
                  <code>{parameter.name}</code> <small>{parameter.where}</small>
                </dt>
                <dd>{parameter.text}</dd>
              </div>
            ))}
          </dl>
        )}
        <dl class="params">
          {responses.map((response) => (
            <div key={response.status}>
              <dt>
                <code>{response.status}</code>
              </dt>
              <dd>{response.text}</dd>
            </div>
          ))}
        </dl>
      </div>
    </details>
  );
}

/** The operations of an OpenAPI document, in order; malformed parts are skipped. */
export function operationsOf(spec: unknown): readonly Operation[] {
  const schemas = record(record(record(spec).components).schemas);
  const named = (schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
    text(schema.$ref) === '' ? schema : record(schemas[text(schema.$ref).split('/').at(-1) ?? '']);
  return Object.entries(record(record(spec).paths)).flatMap(([path, methods]) =>
    Object.entries(record(methods)).map(([method, value]) => {
      const operation = record(value);
      const content = record(record(operation.requestBody).content);
      const body = named(record(record(content['application/json']).schema));
      return {
        method,
        path,
        summary: text(operation.summary),
        description: text(operation.description),
        parameters: [
          ...list(operation.parameters).map((parameter) => ({
            name: text(parameter.name),
            where: text(parameter.in),
            text: text(parameter.description) || schemaWord(record(parameter.schema)),
          })),
          ...Object.entries(record(body.properties)).map(([name, schema]) => ({
            name,
            where: 'body',
            text: text(named(record(schema)).description) || schemaWord(named(record(schema))),
          })),
        ],
        responses: Object.entries(record(operation.responses)).map(([status, response]) => ({
          status,
          text: text(record(response).description),
        })),
      };
    }),
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function schemaWord(schema: Readonly<Record<string, unknown>>): string {
  return text(schema.type);
}
