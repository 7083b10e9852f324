/** One box of a flame graph. */
interface Box {
  name: string;
  samples: number;
  children: Map<string, Box>;
}

const WIDTH = 1200;
const ROW = 16;
/** Narrower boxes are left out, pixels. */
const THIN = 2;
const LETTER = 6.5;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Kernel functions are reddish, those of Python and its libraries bluish. */
const colour = (name: string): string =>
  /^_?Py|^py|^_Py|\[unknown\]|^0x|^list_|^dict_|^object_/.test(name) ? '#9ec5e8' : '#f0b48a';

/** Stacks, outermost function first, as a flame graph in SVG: width is time, the title of a box tells its share. */
export const flameGraph = (stacks: readonly (readonly string[])[], title: string): string => {
  const root: Box = { name: 'all', samples: stacks.length, children: new Map() };
  for (const stack of stacks) {
    let at = root;
    for (const name of stack) {
      const child: Box = at.children.get(name) ?? { name, samples: 0, children: new Map() };
      child.samples++;
      at.children.set(name, child);
      at = child;
    }
  }
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (box: Box, x: number, depth: number): void => {
    const width = (WIDTH * box.samples) / stacks.length;
    if (width < THIN) return;
    deepest = Math.max(deepest, depth);
    const text = box.name.slice(0, Math.floor(width / LETTER));
    const share = ((100 * box.samples) / stacks.length).toFixed(1);
    boxes.push(
      `<g><title>${escaped(box.name)} ${share}%</title><rect x="${x.toFixed(1)}" y="${(depth + 2) * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colour(box.name)}"/>${
        text.length < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${(depth + 2) * ROW + 12}">${escaped(text)}</text>`
      }</g>`,
    );
    let at = x;
    for (const child of [...box.children.values()].sort((a, b) => b.samples - a.samples)) {
      draw(child, at, depth + 1);
      at += (WIDTH * child.samples) / stacks.length;
    }
  };
  draw(root, 0, 0);
  const height = (deepest + 4) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title><text x="4" y="18">${escaped(title)}</text>\n${boxes.join('\n')}\n</svg>\n`;
};
