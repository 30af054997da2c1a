import type { KeptDevice } from './auth/devices/service.ts'
import type { SessionTokens } from './auth/sessions/service.ts'
import type { RequestContext } from './context.ts'

/** Puts the refresh token where its session keeps it, and out of the answer when that is the cookie. */
export const deliver = <T extends SessionTokens>({ refreshCookie }: RequestContext, tokens: T) => {
  const { refreshToken, delivery, maxAgeSeconds, ...answer } = tokens
  if (delivery === 'body') return { ...answer, refreshToken }
  refreshCookie.write(refreshToken, maxAgeSeconds)
  return answer
}

/** Lets the browser be known by the account. */
export const keepDevice = ({ deviceCookie }: RequestContext, device: KeptDevice | null) => {
  if (device) deviceCookie.write(device.token, device.maxAgeSeconds)
}
