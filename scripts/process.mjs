import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

export const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
  return !isZombie(pid)
}

const isZombie = (pid) => statOf(pid)?.[0] === 'Z'

/** Fields of /proc/<pid>/stat from the state on; the name before them may itself hold spaces and brackets. */
const statOf = (pid) => {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

const bootId = () => {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

/** Tells a process from a later one with the same number. */
export const startMark = (pid) => {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  }
  const startedTicks = statOf(pid)?.[19]
  return startedTicks && `${bootId()}:${startedTicks}`
}

/** Whether the process noted as `{ pid, mark }` is still running. */
export const sameProcess = ({ pid, mark }) => isAlive(pid) && startMark(pid) === mark

const PARENT_CHECK_MS = 250

/** Calls back once the process that started this one is gone, however it ended. */
export const onParentGone = (callback) => {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, PARENT_CHECK_MS).unref()
}
