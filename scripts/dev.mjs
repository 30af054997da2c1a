// `pnpm dev`: the product from its sources; server and worker start anew on a change, Vite serves the web app.
import { launch } from './start.mjs'
import { listenAddress } from './settings.mjs'

const fromSource = (name) => ({
  name,
  args: ['--watch', '--watch-preserve-output', '--disable-warning=ExperimentalWarning', `apps/${name}/src/main.ts`],
})

export default () => {
  process.env.DEV_SERVER_URL = `http://127.0.0.1:${listenAddress().port}`
  const web = { name: 'web (http://localhost:5173)', args: ['node_modules/vite/bin/vite.js'], cwd: 'apps/web' }
  return launch({ services: [fromSource('server'), fromSource('worker'), web], logToTerminal: true })
}
