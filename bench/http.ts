export type Sent = {
  method?: 'GET' | 'POST'
  path: string
  token?: string
  /** What a proxy says of the client; limits count by it. */
  address?: string
  body?: unknown
}

/** A whole HTTP/1.1 request as it goes over the wire. */
export const wire = ({ method = 'GET', path, token, address, body }: Sent) => {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'user-agent: servai-bench']
  if (token) lines.push(`authorization: Bearer ${token}`)
  if (address) lines.push(`x-forwarded-for: ${address}`)
  if (body !== undefined) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(text)}`)
  return `${lines.join('\r\n')}\r\n\r\n${text}`
}

/** The path of a tRPC query. */
export const trpcQuery = (procedure: string, input?: object) =>
  `/trpc/${procedure}${input ? `?input=${encodeURIComponent(JSON.stringify(input))}` : ''}`

export const addressOf = (number: number) => `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
