import { useId } from 'react';
import { FileField } from './file-field.tsx';
import { fieldOf, resolved, type Schema, typeOf } from './schema.ts';
import { blank, type Fault, parseJson, parseNumber, Unfit, variantOf, within } from './values.ts';

export interface FieldProps {
  name: string;
  schema: Schema;
  /** Where `$ref`s lead. */
  root: Schema;
  /** undefined: absent. */
  value: unknown;
  onChange(value: unknown): void;
  /** JSON Pointer of the value. */
  pointer: string;
  required: boolean;
  faults: readonly Fault[];
  /** Takes files. */
  file?: boolean;
}

/** One value with its name, what it means, and what is wrong with it. */
export const FieldRow = (props: FieldProps) => {
  const { name, root, required, faults, pointer, file = false, value, onChange } = props;
  const schema = resolved(props.schema, root);
  const id = useId();
  const mine = faults.filter((one) => one.pointer === pointer);
  const grouped = !file && ['object', 'list', 'union'].includes(fieldOf(schema, root).kind);
  const label = (
    <>
      <span>{name}</span> <span className="soft small">{file ? 'file' : typeOf(schema, root)}</span>
      {!required && <span className="soft small">, optional</span>}
    </>
  );
  const described = `${id}-about`;
  const about = (schema['description'] !== undefined || mine.length > 0) && (
    <p id={described} className="small soft">
      {schema['description'] as string | undefined}
      {mine.map(({ message }) => (
        <strong key={message} className="field-fault">
          {message}
        </strong>
      ))}
    </p>
  );
  const control = file ? (
    <FileField id={id} many={schema['type'] === 'array'} value={value} onChange={onChange} />
  ) : (
    <Control {...props} schema={schema} id={id} described={about ? described : undefined} invalid={mine.length > 0} />
  );
  if (grouped)
    return (
      <fieldset className="field group">
        <legend>{label}</legend>
        {about}
        {control}
        {!required && value !== undefined && (
          <div>
            <button type="button" className="button small plain" onClick={() => onChange(undefined)}>
              Leave {name} out
            </button>
          </div>
        )}
      </fieldset>
    );
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control}
      {about}
    </div>
  );
};

interface ControlProps extends FieldProps {
  id: string;
  described: string | undefined;
  invalid: boolean;
}

const Control = (props: ControlProps) => {
  const { schema, root, value, onChange, id, described, invalid, required, name } = props;
  const field = fieldOf(schema, root);
  const shared = { id, 'aria-describedby': described, 'aria-invalid': invalid || value instanceof Unfit || undefined };
  const fallback = schema['default'];
  const example = (schema['examples'] as unknown[] | undefined)?.[0];
  const hint =
    fallback !== undefined ? `${textOf(fallback)} where left out` : example !== undefined ? textOf(example) : undefined;
  switch (field.kind) {
    case 'text':
      return (
        <textarea
          {...shared}
          className="input"
          rows={1}
          value={typeof value === 'string' ? value : ''}
          placeholder={hint}
          spellCheck={false}
          onChange={({ target }) => onChange(target.value === '' && !required ? undefined : target.value)}
        />
      );
    case 'number':
    case 'integer':
      return (
        <input
          {...shared}
          className="input num"
          inputMode={field.kind === 'integer' ? 'numeric' : 'decimal'}
          autoComplete="off"
          value={value instanceof Unfit ? value.text : value === undefined ? '' : String(value)}
          placeholder={hint}
          onChange={({ target }) =>
            onChange(target.value === '' ? undefined : parseNumber(target.value, field.kind === 'integer'))
          }
        />
      );
    case 'flag':
      return (
        <select
          {...shared}
          className="input"
          value={value === undefined ? '' : String(value)}
          onChange={({ target }) => onChange(target.value === '' ? undefined : target.value === 'true')}
        >
          {(value === undefined || !required) && (
            <option value="">{fallback === undefined ? '' : `${fallback ? 'yes' : 'no'} where left out`}</option>
          )}
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      );
    case 'choice':
      return (
        <select
          {...shared}
          className="input"
          value={value === undefined ? '' : String(field.options.indexOf(value))}
          onChange={({ target }) => onChange(target.value === '' ? undefined : field.options[Number(target.value)])}
        >
          {(value === undefined || !required) && <option value="">{hint ?? ''}</option>}
          {field.options.map((option, index) => (
            <option key={textOf(option)} value={index}>
              {textOf(option)}
            </option>
          ))}
        </select>
      );
    case 'nullable':
      return (
        <div className="stack tight">
          {value !== null && <Control {...props} schema={resolved(field.inner, root)} />}
          <label className="row small">
            <input
              type="checkbox"
              id={value === null ? id : undefined}
              checked={value === null}
              onChange={({ target }) => onChange(target.checked ? null : undefined)}
            />
            null
          </label>
        </div>
      );
    case 'list':
      return <List {...props} item={field.item} />;
    case 'object':
      return <Members {...props} members={field.members} />;
    case 'union': {
      const chosen = variantOf(value, field.variants, root);
      return (
        <div className="stack tight">
          <select
            {...shared}
            aria-label={`Kind of ${name}`}
            className="input"
            value={value === undefined ? '' : chosen}
            onChange={({ target }) =>
              onChange(
                target.value === ''
                  ? undefined
                  : (blank(field.variants[Number(target.value)]!, root) ?? new Unfit('', 'This is missing.')),
              )
            }
          >
            {(value === undefined || !required) && <option value="">{hint ?? 'Choose …'}</option>}
            {field.variants.map((variant, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: their order is the schema's
              <option key={index} value={index}>
                {String(variant['title'] ?? typeOf(variant, root))}
              </option>
            ))}
          </select>
          {value !== undefined && (
            <Control {...props} id={`${id}-of`} schema={resolved(field.variants[chosen], root)} required />
          )}
        </div>
      );
    }
    case 'json':
      return (
        <textarea
          {...shared}
          aria-label={name}
          className="input mono"
          rows={1}
          placeholder={hint ?? 'JSON'}
          spellCheck={false}
          value={value instanceof Unfit ? value.text : value === undefined ? '' : textOf(value, true)}
          onChange={({ target }) => onChange(target.value === '' ? undefined : parseJson(target.value))}
        />
      );
  }
};

const textOf = (value: unknown, quoted = false): string =>
  typeof value === 'string' && !quoted ? value : (JSON.stringify(value) ?? '');

const List = ({ item, ...props }: ControlProps & { item: Schema }) => {
  const { value, onChange, root, name, pointer, faults } = props;
  const items = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    <div className="stack tight">
      {items.map((each, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item is what stands at its place
        <div className="list-item" key={index}>
          <FieldRow
            name={`${index + 1}`}
            schema={item}
            root={root}
            value={each}
            onChange={(next) => onChange(items.with(index, next))}
            pointer={within(pointer, index)}
            required
            faults={faults}
          />
          <button
            type="button"
            className="button small plain"
            aria-label={`Remove ${index + 1} of ${name}`}
            onClick={() => onChange(items.toSpliced(index, 1))}
          >
            Remove
          </button>
        </div>
      ))}
      <div>
        <button type="button" className="button small" onClick={() => onChange([...items, blank(item, root)])}>
          Add to {name}
        </button>
      </div>
    </div>
  );
};

const Members = ({ members, ...props }: ControlProps & { members: readonly (readonly [string, Schema])[] }) => {
  const { schema, value, onChange, root, pointer, faults } = props;
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const all = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return (
    <div className="stack">
      {members.map(([name, one]) => (
        <FieldRow
          key={name}
          name={name}
          schema={one}
          root={root}
          value={all[name]}
          onChange={(next) => {
            const { [name]: _, ...others } = all;
            onChange(next === undefined ? others : { ...all, [name]: next });
          }}
          pointer={within(pointer, name)}
          required={required.includes(name)}
          faults={faults}
        />
      ))}
    </div>
  );
};
