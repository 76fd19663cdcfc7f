import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Strings } from '../../../static/js/room/strings.js';
import { grouped, invitation, withPin } from '../../../static/js/room/telephone.js';

const strings = new Strings({
  'invite.browser': 'In the browser:', 'invite.telephone': 'By telephone, PIN {pin}:', 'invite.heard': '{operator} hears',
});
const telephone = {
  operator: 'Example', softphone: '', call: '', card: '/card',
  numbers: [
    { number: '+4930', shown: '+49 30 123', country: 'Germany', label: '', tel: 'tel:+4930123,,,{pin}%23' },
    { number: '+331', shown: '+33 1 23', country: 'France', label: 'Paris', tel: 'tel:+33123,,,{pin}%23' },
  ],
};
const link = 'https://meet.example/m/abc-defg-hjk#1.secret.host';

test('PINs are grouped so that people can read them aloud', () => {
  assert.equal(grouped('123456789'), '123 456 789');
  assert.equal(grouped('12345678'), '1234 5678');
  assert.equal(grouped('503364'), '503 364');
  assert.equal(grouped('1234567890'), '123 456 789 0');
  assert.equal(grouped(''), '');
});

test('a link dials number and PIN', () => {
  assert.equal(withPin('tel:+4930,,,{pin}%23', '123'), 'tel:+4930,,,123%23');
});

test('an invitation has the link, every number with its country, the PIN and who can hear', () => {
  assert.equal(invitation({ link, telephone, pin: '123456789', strings }), [
    'In the browser:', link, '', 'By telephone, PIN 123 456 789:',
    '+49 30 123 (Germany)', 'tel:+4930123,,,123456789%23', '+33 1 23 (Paris)', 'tel:+33123,,,123456789%23',
    '', 'Example hears',
  ].join('\n'));
});

test('without numbers or PIN an invitation is the link alone', () => {
  const alone = `In the browser:\n${link}`;
  assert.equal(invitation({ link, telephone: null, pin: '1', strings }), alone);
  assert.equal(invitation({ link, telephone, pin: '', strings }), alone);
  assert.equal(invitation({ link, telephone: { ...telephone, numbers: [] }, pin: '1', strings }), alone);
});
