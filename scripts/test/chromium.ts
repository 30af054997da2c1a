import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Nothing of the browser's own goes over the network, and it runs as root and without a graphics card. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * What playwright-core's `chromium.launch` needs: the browser of CHROME_PATH, one installed here, or the one that
 * `@sparticuz/chromium` carries.
 */
export const chromiumOptions = async () => ({ executablePath: await executablePath(), args: ARGS, headless: true })

const executablePath = async () => {
  const chosen = process.env.CHROME_PATH
  if (chosen) {
    if (!runs(chosen)) throw new Error(`CHROME_PATH names no browser that runs: ${chosen}`)
    return chosen
  }
  const installed = INSTALLED.find((file) => fs.existsSync(file) && runs(file))
  if (installed) return installed
  const { default: carried } = await import('@sparticuz/chromium')
  return carried.executablePath()
}

/** A distribution may install a stub that only tells where to get the browser. */
const runs = (file: string) => spawnSync(file, ['--version'], { timeout: 20_000 }).status === 0
