import { openTileFiles, type TileFiles } from '#src/engines/audit/tile-files.ts';
import { openTileObjects } from '#src/engines/audit/tile-objects.ts';
import type { Bucket } from '#src/store/bucket.ts';
import { openBucket } from '#src/store/objects.ts';

/**
 * The files of a log where the node keeps them: in its data folder, or below the log's name in a bucket, which several
 * nodes may share.
 *
 * @param options `readOnly`: another process may be writing
 */
export const openPublishedLog = async (
  place: { folder: string; bucket: Bucket | undefined },
  origin: string,
  options: { readOnly?: boolean } = {},
): Promise<TileFiles> =>
  place.bucket === undefined
    ? openTileFiles(place.folder, options)
    : openTileObjects(openBucket(place.bucket), `${origin}/`, options);
