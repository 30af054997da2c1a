export const SERVER_HEAP: string[]
