/** Lists that grow while one reads them: what stands there already stays as it is, with its focus and its place. */

/**
 * @template T
 * @param {HTMLElement} list one element for each of `before`
 * @param {readonly T[]} before
 * @param {readonly T[]} after
 * @param {(item: T) => Node} make
 */
export function grow(list, before, after, make) {
  let same = 0;
  while (same < before.length && same < after.length && JSON.stringify(before[same]) === JSON.stringify(after[same])) same += 1;
  while (list.children.length > same) list.lastElementChild?.remove();
  list.append(...after.slice(same).map(make));
}
