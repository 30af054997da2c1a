import http from 'node:http'
import net from 'node:net'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  text: string
  /** Of a JSON body. */
  json(): unknown
  reason(): string | undefined
}

export type Sending = {
  method?: string
  headers?: http.OutgoingHttpHeaders
  body?: string | Buffer
  /** Sent as JSON, with its content type. */
  json?: unknown
  agent?: http.Agent
}

type Refusal = { error?: { reason?: string; data?: { reason?: string } } }

/** One request exactly as given: nothing a browser or `fetch` would add. */
export const send = (url: string, { method, headers = {}, body, json, agent }: Sending = {}): Promise<Answer> => {
  const payload = json === undefined ? body : JSON.stringify(json)
  const type = json === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method: method ?? (payload === undefined ? 'GET' : 'POST'), headers: { ...type, ...headers }, agent },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const parse = () => JSON.parse(text) as unknown
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            json: parse,
            reason: () => {
              const { error } = parse() as Refusal
              return error?.reason ?? error?.data?.reason
            },
          })
        })
      },
    )
    request.on('error', reject)
    request.end(payload)
  })
}

/** Bytes as they are; answers what comes back until the server hangs up. */
export const sendRaw = (port: number, bytes: string | Buffer): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
