const DAY_MS = 86_400_000
const EPOCH_1900 = Date.UTC(1899, 11, 30)
const EPOCH_1904 = Date.UTC(1904, 0, 1)

/** Excel counts days; `null` for what no calendar of ours has. */
export const dateOfSerial = (serial: number, startsIn1904 = false): string | null => {
  const days = Math.floor(serial)
  if (days < 1 || days > 110_000) return null
  return new Date((startsIn1904 ? EPOCH_1904 : EPOCH_1900) + days * DAY_MS).toISOString().slice(0, 10)
}
