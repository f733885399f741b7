// Lists that come in pages, and of which the beginning is looked at again while they are shown:
// `{rows, cursor}`, where the cursor stands behind the last row.

/**
 * The list's beginning as it is now, in place of what was known of it; rows behind it stay
 * where it reaches them.
 * @param {{items: object[], next_cursor: string|null}} page
 * @param {(row: object, last: object) => boolean} isBehind whether a row comes after another one
 */
export function renewed({ rows, cursor }, page, isBehind) {
  const fresh = new Set(page.items.map(({ id }) => id));
  const last = page.items.at(-1);
  // A page that ends in the unknown leaves a gap before the rows behind: they are asked for anew.
  const meets = (rows ?? []).some(({ id }) => id === last?.id);
  const behind = meets && page.next_cursor ? (rows ?? []).filter((row) => !fresh.has(row.id) && isBehind(row, last)) : [];
  return { rows: [...page.items, ...behind], cursor: behind.length ? cursor : page.next_cursor };
}

/** The page that was asked for by the list's cursor at the end of it. */
export function continued({ rows }, page) {
  const known = new Set(rows.map(({ id }) => id));
  return { rows: [...rows, ...page.items.filter(({ id }) => !known.has(id))], cursor: page.next_cursor };
}
