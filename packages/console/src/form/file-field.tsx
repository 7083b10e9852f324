import { useRef, useState } from 'react';
import { bytes } from '../format/numbers.ts';

/** Files by dropping or choosing; text can be typed where a file is wanted. */
export const FileField = ({
  id,
  many,
  value,
  onChange,
}: {
  id: string;
  many: boolean;
  value: unknown;
  onChange(value: unknown): void;
}) => {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const files = (Array.isArray(value) ? value : [value]).filter((one): one is File => one instanceof File);
  const take = (list: FileList | null): void => {
    const taken = [...(list ?? [])];
    if (taken.length > 0) onChange(many ? [...files, ...taken] : taken[0]);
  };
  return (
    <div
      className={`drop low ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <input ref={input} id={id} type="file" multiple={many} onChange={({ target }) => take(target.files)} />
      {files.length > 0 && (
        <div className="row small">
          {files.map((file) => (
            <span key={file.name} className="tag">
              {file.name} · {bytes(file.size)}
            </span>
          ))}
          <button
            type="button"
            className="button small plain"
            onClick={() => {
              if (input.current !== null) input.current.value = '';
              onChange(undefined);
            }}
          >
            Leave out
          </button>
        </div>
      )}
    </div>
  );
};
