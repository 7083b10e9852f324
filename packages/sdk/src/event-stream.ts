export interface ServerEvent {
  event: string;
  data: string;
}

/** Lines of a body, without their ends (`\n`, `\r\n`), as they come. The last one may lack its end. */
export async function* bodyLines(
  body: ReadableStream<Uint8Array>,
  seen?: (bytes: Uint8Array) => void,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value !== undefined) seen?.(value);
      const lines = (rest + decoder.decode(value, { stream: !done })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
      if (done) break;
    }
    if (rest !== '') yield rest;
  } finally {
    // Whoever stops reading in the middle wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}

/** Server-sent events (WHATWG HTML, "Interpreting an event stream"); one that was not finished is left out. */
export async function* serverEvents(lines: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let event = 'message';
  let data: string[] = [];
  for await (const line of lines) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') };
      event = 'message';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
}
