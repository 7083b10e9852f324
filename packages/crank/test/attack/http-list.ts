/** Attacks on the door itself by whoever reaches its port, or has somebody's browser reach it, and what stops them. */
export const httpAttacks = {
  'a page whose name was changed to our address': 'the Host header has to be an address, or a name that the node knows',
  'a page of another origin that sends': 'its Origin is not of the list, which is empty at first',
  'a page of another origin that reads': 'it is told of no origin that may',
  'every act there is, with what a browser sends by itself':
    'no credentials are taken from cookies or passwords: only a bearer token',
  'an answer read as something else, framed, or taken in by a page': 'headers of every answer, errors among them',
  'a head without end': 'a head has 16 KiB',
  'a header behind so many that nobody looks': 'a head has 100 headers, and more are refused, not left out',
  'a head that never ends': 'a head arrives within its time',
  'a body that never ends': 'a request arrives within its time',
  'a body larger than it may be, told and untold': 'what is told is refused unread, what is not is counted',
  'a body that grows when it is unpacked': 'no body is taken compressed',
  'chunks that are none': 'the parser reads strictly, and hangs up',
  'a form of parts without end': 'a form has so many parts',
  'a head of a part without end': 'a head of a part has 16 KiB',
  'a form that never begins, and one that never ends': 'a form begins with its boundary and ends with it',
  'parts that say two things': 'a part has one name, told once',
  'a file whose name leads elsewhere': 'files get names of the node’s own; a name is a name only',
} as const;
