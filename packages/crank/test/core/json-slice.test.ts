import { expect, it } from 'vitest';
import { sliceJson } from '#src/core/json-slice.ts';

it.each([
  ['{"a": {"b": [1.0, 1e400]}}', '/a/b', '[1.0, 1e400]'],
  ['{"a": 1, "a": 2}', '/a', '2'],
  ['{"a/b": {"~": "x\\u0041"}}', '/a~1b/~0', '"x\\u0041"'],
  [' [1] ', '', '[1]'],
  ['{"a": 1}', '/b', undefined],
])('of %s, %s is %s', (text, pointer, slice) => expect(sliceJson(text, pointer)).toBe(slice));
