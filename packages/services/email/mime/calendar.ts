/** An event of an invitation (RFC 5545 §3.6.1). Times are as written: `20261127T100000Z`, or local to a zone that is named. */
export interface CalendarEvent {
  uid: string;
  summary: string;
  start: string;
  end: string;
  location: string;
  organizer: string;
  attendees: string[];
  /** REQUEST, REPLY, CANCEL, ... (RFC 5546). */
  method: string;
}

const MOST = 1_000;

export const readCalendar = (text: string): CalendarEvent[] => {
  const events: CalendarEvent[] = [];
  let method = '';
  let event: CalendarEvent | undefined;
  let inner = 0;
  // §3.1: a line that begins with white space goes on with the one before.
  for (const line of text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const match = /^([A-Za-z-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$/.exec(line);
    if (match === null) continue;
    const [, name, parameters, value] = match as unknown as [string, string, string, string];
    const plain = value
      .replace(/\\([nN;,\\])/g, (_, char: string) => (char.toLowerCase() === 'n' ? '\n' : char))
      .trim();
    const upper = name.toUpperCase();
    if (upper === 'METHOD') method = plain.toUpperCase();
    else if (upper === 'BEGIN' && plain.toUpperCase() === 'VEVENT' && event === undefined)
      event = { uid: '', summary: '', start: '', end: '', location: '', organizer: '', attendees: [], method };
    else if (event === undefined) continue;
    else if (upper === 'BEGIN') inner++;
    else if (upper === 'END') {
      if (inner > 0) inner--;
      else {
        if (events.length < MOST) events.push(event);
        event = undefined;
      }
    } else if (inner > 0) continue;
    else if (upper === 'UID') event.uid = plain;
    else if (upper === 'SUMMARY') event.summary = plain;
    else if (upper === 'LOCATION') event.location = plain;
    else if (upper === 'DTSTART') event.start = withZone(plain, parameters);
    else if (upper === 'DTEND') event.end = withZone(plain, parameters);
    else if (upper === 'ORGANIZER') event.organizer = plain.replace(/^mailto:/i, '');
    else if (upper === 'ATTENDEE' && event.attendees.length < MOST)
      event.attendees.push(plain.replace(/^mailto:/i, ''));
  }
  return events;
};

const withZone = (time: string, parameters: string): string => {
  const zone = /;TZID="?([^;"]+)/i.exec(parameters)?.[1];
  return zone === undefined ? time : `${time} ${zone}`;
};
