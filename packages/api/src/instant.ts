/** Text of a `timestamptz` as PostgreSQL writes it, as ISO 8601 in UTC; without a Date where the session is in UTC. */
export const isoOf = (text: string) =>
  text.endsWith('+00')
    ? `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0')}Z`
    : new Date(text).toISOString()

type Stamps = { createdAt: Date; updatedAt: Date; deletedAt: Date | null }

export const stampsOf = ({ createdAt, updatedAt, deletedAt }: Stamps) => ({
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  removedAt: deletedAt && deletedAt.toISOString(),
})
