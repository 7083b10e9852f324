/** Documents of some formats as JSON or HTML. */
import { parse } from 'csv-parse/sync';
import { XMLParser } from 'fast-xml-parser';
import { marked } from 'marked';
import { z } from 'zod';

/**
 * Markdown as HTML.
 * @param gfm tables, and what else GitHub adds
 */
export const html = (markdown: string, gfm = true) => marked.parse(markdown, { gfm });

/** The rows of a table, by the names in its first line. */
export async function rows(table: File, delimiter: string = ','): Promise<Record<string, string>[]> {
  return parse(await table.text(), { columns: true, delimiter });
}

export const xml = (text: string): object => new XMLParser({ ignoreAttributes: false }).parse(text);

const order = z.object({
  id: z.string().min(3),
  items: z.array(z.object({ sku: z.string(), count: z.int().positive().default(1) })),
  due: z.coerce.date().optional(),
  mail: z.email().optional(),
});
export const schemas = { total: { input: order } };

/** How many items an order has. */
export const total = ({ items, due }: z.infer<typeof order>) => ({
  count: items.reduce((sum, { count }) => sum + count, 0),
  year: due?.getUTCFullYear(),
});
