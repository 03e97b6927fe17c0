// How much is gone through, element by element, while something is done? What grows with the square of its input shows here.

const iterators: readonly { next: () => unknown }[] = [[], new Map(), new Set()].map((each) =>
  Object.getPrototypeOf(each[Symbol.iterator]())
);

/** Elements of arrays, sets and maps that are iterated (by `for`, `...`, `new Map`, …) while `work` is done. */
export function elementsIterated(work: () => void): number {
  let count = 0;
  const originals = iterators.map((each) => each.next);
  iterators.forEach((each, at) => {
    each.next = function (this: unknown): unknown {
      count++;
      return originals[at]?.call(this);
    };
  });
  try {
    work();
  } finally {
    iterators.forEach((each, at) => each.next = originals[at] ?? each.next);
  }
  return count;
}
