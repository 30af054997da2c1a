import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // a TCP server that listens has an AddressInfo
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A Redis of one test file, to be killed, frozen and brought back on the same port. */
export const createRedisProcess = async () => {
  const port = await freePort()
  let child: ChildProcess | undefined

  const stop = async (signal: NodeJS.Signals) => {
    const running = child
    child = undefined
    if (!running) return
    const exited = once(running, 'exit')
    running.kill(signal)
    await exited
  }

  return {
    url: `redis://127.0.0.1:${port}`,

    async start(...options: string[]) {
      const started = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', ...options], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      child = started
      for await (const line of started.stdout) if (String(line).includes('eady to accept connections')) break
      started.stdout.resume()
    },

    kill: () => stop('SIGKILL'),
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
  }
}
