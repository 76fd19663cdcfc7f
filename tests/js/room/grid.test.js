import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrange, capacity, gridRects, stageRects } from '../../../static/js/room/grid.js';

const WIDE = { width: 1248, height: 650, gap: 12, minRatio: 4 / 3, maxRatio: 16 / 9 };
const PHONE = { width: 374, height: 690, gap: 8, minRatio: 3 / 5, maxRatio: 16 / 9 };

test('columns follow the shape of the window', () => {
  const columns = (space) => [1, 2, 3, 4, 6, 9, 16].map((count) => arrange(count, space).columns);
  assert.deepEqual(columns(WIDE), [1, 2, 2, 2, 3, 3, 4]);
  assert.deepEqual(columns(PHONE), [1, 1, 1, 2, 2, 2, 3]);
});

test('no other number of columns gives a larger area', () => {
  for (const space of [WIDE, PHONE, { ...WIDE, width: 700 }, { ...WIDE, height: 1600 }]) {
    for (let count = 1; count <= 25; count += 1) {
      const best = arrange(count, space);
      for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns);
        const cell = [(space.width - space.gap * (columns - 1)) / columns, (space.height - space.gap * (rows - 1)) / rows];
        const ratio = Math.min(space.maxRatio, Math.max(space.minRatio, cell[0] / cell[1]));
        const width = Math.min(cell[0], cell[1] * ratio);
        assert.ok(best.width * best.height * 1.02 >= width * (width / ratio) * 0.99, `${count} in ${columns}`);
      }
    }
  }
});

test('tiles keep within the bounds of their ratio', () => {
  for (const space of [WIDE, PHONE]) {
    for (let count = 1; count <= 20; count += 1) {
      const { width, height } = arrange(count, space);
      assert.ok(width / height > space.minRatio * 0.98 && width / height < space.maxRatio * 1.02);
    }
  }
});

test('tiles lie inside the space and do not touch each other', () => {
  for (const space of [WIDE, PHONE]) {
    for (let count = 1; count <= 25; count += 1) {
      const rects = gridRects(count, space);
      assert.equal(rects.length, count);
      for (const rect of rects) {
        assert.ok(rect.x >= 0 && rect.y >= 0, `${count}`);
        assert.ok(rect.x + rect.width <= space.width + 1 && rect.y + rect.height <= space.height + 1, `${count}`);
      }
      for (const [at, a] of rects.entries()) {
        for (const b of rects.slice(at + 1)) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          assert.ok(apart, `${count}`);
        }
      }
    }
  }
});

test('an incomplete last row stands in the middle', () => {
  const [, , third] = gridRects(3, WIDE);
  assert.ok(Math.abs(third.x + third.width / 2 - WIDE.width / 2) <= 1);
});

test('a space without any room gives empty tiles instead of nonsense', () => {
  const rects = gridRects(5, { ...WIDE, width: 0, height: 0 });
  assert.ok(rects.every(({ width, height }) => width === 0 && height === 0));
});

test('capacity counts what stays readable and never less than one', () => {
  assert.equal(capacity(WIDE, 190), 6 * 5);
  assert.equal(capacity({ ...WIDE, width: 100, height: 50 }, 190), 1);
});

test('the stage is beside the strip in a wide window and above it on a telephone', () => {
  const wide = stageRects(3, WIDE);
  assert.ok(wide.stage.height === WIDE.height && wide.stage.width < WIDE.width);
  assert.ok(wide.strip.every((rect) => rect.x >= wide.stage.width));
  const phone = stageRects(3, PHONE);
  assert.ok(phone.stage.width === PHONE.width && phone.stage.height < PHONE.height);
  assert.ok(phone.strip.every((rect) => rect.y >= phone.stage.height));
});

test('a stage without company takes all the room', () => {
  const { stage, strip } = stageRects(0, WIDE);
  assert.deepEqual(stage, { x: 0, y: 0, width: WIDE.width, height: WIDE.height });
  assert.deepEqual(strip, []);
});

test('a strip holds no more than fits', () => {
  const { strip, room } = stageRects(40, WIDE);
  assert.equal(strip.length, room);
  const last = strip.at(-1);
  assert.ok(last.y + last.height <= WIDE.height + 1);
});
