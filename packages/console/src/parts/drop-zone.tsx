import { type ReactNode, useId, useState } from 'react';

/** Files are dropped here, or chosen. */
export const DropZone = ({
  label,
  title,
  about,
  folder = false,
  onFiles,
}: {
  label: string;
  title: string;
  about: ReactNode;
  /** Offers to choose a folder, too. */
  folder?: boolean;
  onFiles(files: File[], entries: FileSystemEntry[]): void;
}) => {
  const [over, setOver] = useState(false);
  const id = useId();
  return (
    <div
      className={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const { items, files } = event.dataTransfer;
        onFiles(
          [...files],
          [...items].flatMap((item) => item.webkitGetAsEntry() ?? []),
        );
      }}
    >
      <h2>{title}</h2>
      <p className="soft">{about}</p>
      <div className="row">
        <label className="button" htmlFor={id}>
          Choose a file
        </label>
        <input
          id={id}
          type="file"
          multiple={folder}
          className="unseen"
          aria-label={label}
          onChange={({ target }) => {
            onFiles([...(target.files ?? [])], []);
            target.value = '';
          }}
        />
        {folder && (
          <>
            <label className="button" htmlFor={`${id}-folder`}>
              Choose a folder
            </label>
            <input
              id={`${id}-folder`}
              type="file"
              webkitdirectory=""
              className="unseen"
              aria-label="Folder"
              onChange={({ target }) => {
                onFiles([...(target.files ?? [])], []);
                target.value = '';
              }}
            />
          </>
        )}
      </div>
    </div>
  );
};
