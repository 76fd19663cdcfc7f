/**
 * @typedef {object} Space
 * @property {number} width CSS pixels
 * @property {number} height CSS pixels
 * @property {number} gap between tiles, CSS pixels
 * @property {number} minRatio the narrowest a tile may get (width : height)
 * @property {number} maxRatio the widest
 *
 * @typedef {object} Arrangement
 * @property {number} columns
 * @property {number} rows
 * @property {number} width of each tile, whole CSS pixels
 * @property {number} height of each tile, whole CSS pixels
 */

/**
 * Choose the columns that give `count` equal tiles the largest area in the space.
 *
 * A tile takes its cell's ratio as long as that lies between the bounds; beyond them it keeps the
 * bound and leaves air. Of two equally good arrangements the one with fewer empty cells wins.
 * @param {number} count
 * @param {Space} space
 * @returns {Arrangement}
 */
export function arrange(count, space) {
  let best = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  let bestArea = -1;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const size = fit((space.width - space.gap * (columns - 1)) / columns,
      (space.height - space.gap * (rows - 1)) / rows, space);
    const area = size.width * size.height;
    const tidier = columns * rows < best.columns * best.rows;
    if (area > bestArea * 1.001 || (area > bestArea * 0.999 && tidier)) {
      best = { columns, rows, ...size };
      bestArea = area;
    }
  }
  return best;
}

/**
 * How many tiles fit before they would become narrower than `minWidth`.
 * @param {Space} space
 * @param {number} minWidth CSS pixels
 * @returns {number} at least 1
 */
export function capacity(space, minWidth) {
  const minHeight = minWidth / space.maxRatio;
  const columns = Math.floor((space.width + space.gap) / (minWidth + space.gap));
  const rows = Math.floor((space.height + space.gap) / (minHeight + space.gap));
  return Math.max(1, columns) * Math.max(1, rows);
}

/**
 * @param {number} width of the cell
 * @param {number} height of the cell
 * @param {Space} space
 */
function fit(width, height, { minRatio, maxRatio }) {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  const ratio = Math.min(maxRatio, Math.max(minRatio, width / height));
  const fitted = Math.min(width, height * ratio);
  return { width: Math.floor(fitted), height: Math.floor(fitted / ratio) };
}

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Rect CSS pixels
 */

/**
 * Where each of `count` tiles lies: the best arrangement in the middle of the space, an incomplete
 * last row centred.
 * @param {number} count
 * @param {Space} space
 * @returns {Rect[]}
 */
export function gridRects(count, space) {
  const { columns, rows, width, height } = arrange(count, space);
  const top = (space.height - rows * height - (rows - 1) * space.gap) / 2;
  return Array.from({ length: count }, (_, place) => {
    const row = Math.floor(place / columns);
    const inRow = row === rows - 1 ? count - columns * (rows - 1) : columns;
    const left = (space.width - inRow * width - (inRow - 1) * space.gap) / 2;
    return {
      x: Math.round(left + (place - row * columns) * (width + space.gap)),
      y: Math.round(top + row * (height + space.gap)),
      width, height,
    };
  });
}

/**
 * One large place for a screen or an enlarged person, and a strip of small tiles beside or below it.
 * @param {number} count of the small tiles
 * @param {Space} space
 * @returns {{stage: Rect, strip: Rect[], room: number}} `room`: how many small tiles fit; `strip`
 *   has a place for at most so many
 */
export function stageRects(count, space) {
  const beside = space.width > space.height;
  const width = Math.round(beside ? Math.min(240, Math.max(128, space.width * 0.165)) : Math.min(200, space.width / 3.4));
  const height = Math.round(beside ? width / space.maxRatio : width * 0.75);
  const along = beside ? height : width;
  const room = Math.max(1, Math.floor(((beside ? space.height : space.width) + space.gap) / (along + space.gap)));
  const shown = Math.min(count, room);
  const length = shown * along + (shown - 1) * space.gap;
  const start = Math.round(((beside ? space.height : space.width) - length) / 2);
  const strip = Array.from({ length: shown }, (_, place) => {
    const at = start + place * (along + space.gap);
    return beside
      ? { x: space.width - width, y: at, width, height }
      : { x: at, y: space.height - height, width, height };
  });
  const taken = shown ? space.gap : 0;
  const stage = beside
    ? { x: 0, y: 0, width: space.width - (shown ? width : 0) - taken, height: space.height }
    : { x: 0, y: 0, width: space.width, height: space.height - (shown ? height : 0) - taken };
  return { stage, strip, room };
}
