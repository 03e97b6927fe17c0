// How many pods are looked into at a time.

/** Pods that are looked into at a time. */
export const atOnce = 8;

/** Does the work for each, so many at a time. Rejects as the work does. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
