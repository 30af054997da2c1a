/** Of a JSON body. */
export const MAX_BODY_BYTES = 100_000
/** Procedure calls in one request. */
export const MAX_BATCH_SIZE = 10
/** From the first byte received to the answer; the database gives up long before. */
export const TIMEOUT_MS = 30_000
