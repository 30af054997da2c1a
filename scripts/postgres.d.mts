export class StartError extends Error {}

export type EmbeddedPostgres = {
  adminUrl: string
  port: number
  cluster: string
  stop: () => Promise<void>
  exited: Promise<number | null>
}

export const startPostgres: (options: {
  dataDir: string
  port?: number
  settings?: Record<string, string>
  note?: (line: string) => void
}) => Promise<EmbeddedPostgres>

export const freePort: (preferred?: number) => Promise<number>
