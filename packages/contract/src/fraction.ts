/** Exact parts of a whole; no float ever holds one. */
export type Fraction = { numerator: number; denominator: number }

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

/** Whether the parts together are more than one whole. */
export const exceedWhole = (parts: readonly Fraction[]): boolean => {
  let numerator = 0n
  let denominator = 1n
  for (const part of parts) {
    const other = BigInt(part.denominator)
    const common = (denominator / gcd(denominator, other)) * other
    numerator = numerator * (common / denominator) + BigInt(part.numerator) * (common / other)
    denominator = common
  }
  return numerator > denominator
}

/** In lowest terms. */
export const reduce = (numerator: bigint, denominator: bigint): Fraction => {
  const divisor = gcd(numerator, denominator)
  return { numerator: Number(numerator / divisor), denominator: Number(denominator / divisor) }
}
