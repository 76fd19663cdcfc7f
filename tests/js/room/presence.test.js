import assert from 'node:assert/strict';
import { test } from 'node:test';

import { presenceText } from '../../../static/js/room/presence-text.js';
import { Strings } from '../../../static/js/room/strings.js';

const strings = new Strings({
  'presence.none': 'Nobody is in the meeting yet.',
  'presence.one': '{name} is in the meeting.',
  'presence.several': 'In the meeting: {names}',
  'presence.many': 'In the meeting: {names} and {count} more',
});
/** @param {string[]} names */
const said = (...names) => presenceText(names, strings, 'en');

test('an empty meeting is said to be empty', () => {
  assert.equal(said(), 'Nobody is in the meeting yet.');
});

test('one or a few are named', () => {
  assert.equal(said('Ada'), 'Ada is in the meeting.');
  assert.equal(said('Ada', 'Ben'), 'In the meeting: Ada & Ben');
});

test('of many some are named and the rest counted', () => {
  assert.equal(said('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), 'In the meeting: A, B, C, D, E, F and 2 more');
});

test('a name is a text and nothing else', () => {
  assert.equal(said('{count}'), '{count} is in the meeting.');
});
