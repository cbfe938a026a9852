// A router in a process of its own that says how many bytes were taken in it, which is what is allocated while none is given back. Asked
// over IPC.

/** Bytes taken since the start. */
export interface Bytes {
  heap: number;
  /** Of buffers: what is read, and each copy. */
  outside: number;
}

// A buffer is counted by what it holds, and not one in many by the 64 KiB of the pool that it opens. Before anything makes one.
Buffer.poolSize = 0;

const { openHouse } = await import('../house.ts');
const house = await openHouse(process.argv[2] ?? '');
process.on('message', (word) => {
  if (word === 'figures') {
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ heap: heapUsed, outside: external } satisfies Bytes);
  } else void house.close().then(() => process.disconnect());
});
process.send?.(house.url);
