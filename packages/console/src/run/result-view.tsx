import { useEffect, useState } from 'react';
import { bytes } from '../format/numbers.ts';
import { isTable, Json, Table } from '../parts/json.tsx';
import { Tabs } from '../parts/tabs.tsx';

/** What an operation answered: a file, a table, text, or JSON. */
export const ResultView = ({ value }: { value: unknown }) => {
  if (value instanceof Blob) return <FileView file={value as File} />;
  if (typeof value === 'string' && (value.includes('\n') || value.length > 60))
    return (
      <Tabs
        label="Result"
        tabs={[
          ['Text', () => <Plain text={value} />],
          ['JSON', () => <Json value={value} label="Result" />],
        ]}
      />
    );
  if (isTable(value))
    return (
      <Tabs
        label="Result"
        tabs={[
          ['Table', () => <Table rows={value} />],
          ['JSON', () => <Json value={value} label="Result" />],
        ]}
      />
    );
  return <Json value={value} label="Result" />;
};

export const Plain = ({ text }: { text: string }) => (
  <div className="code">
    <pre tabIndex={0} role="region" aria-label="Text">
      {text}
    </pre>
  </div>
);

const SHOWN = 100_000;

const FileView = ({ file }: { file: File }) => {
  const [url, setUrl] = useState<string>();
  const [text, setText] = useState<string>();
  const image = /^image\/(png|jpeg|gif|webp|avif)$/.test(file.type);
  const readable = /^text\/|json|xml/.test(file.type) && !image;
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  useEffect(() => {
    if (readable) void file.slice(0, SHOWN).text().then(setText);
  }, [file, readable]);
  return (
    <div className="stack">
      <div className="row">
        <a className="button" href={url} download={file.name}>
          Save {file.name}
        </a>
        <span className="soft">
          {file.type || 'unknown type'}, {bytes(file.size)}
        </span>
      </div>
      {image && url !== undefined && <img className="shown" src={url} alt={`Result ${file.name}`} />}
      {text !== undefined && <Plain text={text} />}
    </div>
  );
};
