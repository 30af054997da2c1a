export class StartError extends Error {}

export type EmbeddedPostgres = {
  adminUrl: string
  port: number
  cluster: string
  stop: () => Promise<void>
  /** At once, without a checkpoint. */
  kill: () => void
  /** At once, as a crash would. */
  kill: () => void
  exited: Promise<number | null>
}

export const startPostgres: (options: {
  dataDir: string
  port?: number
  settings?: Record<string, string>
  note?: (line: string) => void
}) => Promise<EmbeddedPostgres>

/** Stops what still runs on a data folder whose launcher was killed, and removes the folder. */
export const clearAbandoned: (dataDir: string) => Promise<void>

export const freePort: (preferred?: number) => Promise<number>
