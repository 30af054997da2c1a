/** Paths below `root` that no slice may hold. */
export const misplaced: (root: string, depth?: number) => string[]
