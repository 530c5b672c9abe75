/** Of an even number of numbers the greater one of the two in the middle. 0 if there are none. */
export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0
