// The seed of every random case in the tests: the same in each run, or RELATA_SEED.

const ORDINARY_SEED = 20_260_101;
const LARGEST_SEED = 2 ** 31 - 1; // fast-check keeps 32 bits

/** Start of every random sequence in this run. */
export const SEED = seedFrom(process.env.RELATA_SEED);

function seedFrom(text: string | undefined): number {
  if (text === undefined || text === "") return ORDINARY_SEED;
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0 && seed <= LARGEST_SEED) return seed;
  throw new Error(`RELATA_SEED must be an integer from 0 to ${LARGEST_SEED}, got ${JSON.stringify(text)}`);
}
