import { destination as openDestination, pino, stdTimeFunctions } from 'pino'
import type { Bindings, ChildLoggerOptions, DestinationStream, Level, Logger } from 'pino'

import { messageOf, redactFields, scrubText } from './redact.ts'

export { maskEmail } from './redact.ts'
export type { Logger } from 'pino'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = Level | 'silent'

export type LoggerOptions = {
  level: LogLevel
  /** Name of the process, e.g. `server` or `worker`. */
  service: string
  /** A stream, or the path of a file; standard output when absent. */
  destination?: DestinationStream | string | undefined
}

/** Who a line belongs to; passed to `log.child()`. */
export type LogContext = { requestId?: string; actor?: string; companyId?: string; job?: string }

/**
 * JSON lines with ISO time. Every field passes `redact`, so a secret or an address is safe to have in an object by accident.
 */
export const createLogger = ({ level, service, destination }: LoggerOptions): Logger => {
  const stream =
    typeof destination === 'object' ? destination : openDestination({ dest: destination ?? 1, mkdir: true, sync: true })
  const logger = pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      hooks: {
        logMethod(args, method) {
          const [first, message, ...rest] = args as unknown[] as [unknown, unknown, ...unknown[]] // pino types only the first overload
          if (typeof first === 'string') return method.apply(this, [scrubText(first), ...args.slice(1)] as typeof args)
          const error = first instanceof Error ? first : errorIn(first)
          const fields = first instanceof Error ? { err: first } : first
          const text = typeof message === 'string' ? scrubText(message) : error && messageOf(error)
          return method.apply(this, [fields, text, ...rest] as unknown as typeof args)
        },
      },
      serializers: { err: (value: unknown) => value },
    },
    stream,
  )
  return guardChildren(logger)
}

const errorIn = (fields: unknown): Error | undefined =>
  typeof fields === 'object' && fields !== null && 'err' in fields && fields.err instanceof Error
    ? fields.err
    : undefined

type Child = (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) => Logger

/** pino applies `formatters.log` to a line, not to the bindings of a child; children inherit this method. */
const guardChildren = (logger: Logger): Logger => {
  const child = logger.child as unknown as Child // pino's type adds custom levels, which servAI has none of
  const guarded: Child = function (bindings, options) {
    return child.call(this, redactFields(bindings), options)
  }
  logger.child = guarded as unknown as Logger['child'] // as above
  return logger
}
