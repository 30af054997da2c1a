import type { Services } from '@servai/api/context'
import type { RedisConnection } from '@servai/redis/connection'
import { TRPCError, type AnyTRPCRouter } from '@trpc/server'
import type { Env } from '../env.ts'
import { accountExportRoutes, createAccountExportHandler, isAccountExportFile } from './account-exports.ts'
import { createCookieJar } from './cookies.ts'
import { createDocsHandler, DOCS_BASE } from './docs.ts'
import { createExportHandler, EXPORT_TIMEOUT_MS, exportRoutes, isExportFile } from './exports.ts'
import { createAnswerHeaders } from './headers.ts'
import { createHealthHandler, type Phase } from './health.ts'
import { createListener, type Area } from './listener.ts'
import {
  createErrorFile,
  createImportUpload,
  importRoutes,
  IMPORTS_PATH,
  isErrorFile,
  UPLOAD_TYPES,
} from './imports.ts'
import { createMailboxHandler, MAILBOX_BASE } from './mailbox.ts'
import { createMailProbe } from './mail-probe.ts'
import { createMetricsHandler } from './metrics.ts'
import { createOpenApi, DOCUMENT_PATH } from './openapi.ts'
import { createOriginGate } from './origin.ts'
import { proceduresOf } from './procedures.ts'
import { createRequestContext } from './request-context.ts'
import { createRestRoutes, REST_BASE } from './rest-routes.ts'
import { createRestHandler } from './rest.ts'
import { createTrpcHandler } from './trpc.ts'
import { createUploadRoom } from './upload.ts'
import { createWebHandler } from './web.ts'

export type AppOptions = {
  env: Env
  services: Services
  redis: Pick<RedisConnection, 'ping' | 'client'> | null
  router: AnyTRPCRouter
  phase: () => Phase
}

const JSON_ONLY = ['application/json']
/** Receiving twenty-five megabytes, or sending as much. */
export const UPLOAD_TIMEOUT_MS = 90_000
const METRICS_PATH = '/metrics'
/** Never pages of the web app, whatever stands below. */
const RESERVED = /^\/(api|trpc|health|metrics|dev)(\/|$)/

const under = (path: string, base: string) => path === base || path.startsWith(`${base}/`)

/** Everything the server answers, by address. */
export const createApp = ({ env, services, redis, router, phase }: AppOptions) => {
  const isHttps = env.APP_URL.startsWith('https:')
  const headers = createAnswerHeaders({ isHttps })
  const cookies = createCookieJar({
    isHttps,
    onInsecure: () => services.log.warn('a refresh cookie was sent over plain http: do this in development only'),
  })
  const origins = createOriginGate({
    appOrigin: env.APP_URL,
    allowedOrigins: env.ALLOWED_ORIGINS,
    trustsHost: !env.isProduction,
    cookies,
  })
  const contextOf = createRequestContext(services, cookies)
  const routes = createRestRoutes(proceduresOf(router).values())
  const docs = createDocsHandler(
    createOpenApi(routes.routes, [...importRoutes(), ...exportRoutes(), ...accountExportRoutes()]),
    headers,
  )
  const health = createHealthHandler({
    database: services.database,
    redis,
    mail: createMailProbe(env),
    phase,
    headers,
  })

  const nowhere: Area = {
    handle: () => {
      throw new TRPCError({ code: 'NOT_FOUND' })
    },
  }
  const named = (route: string, handle: Area['handle'], isProbe = true): Area => ({
    isProbe,
    handle: (exchange) => {
      exchange.route = route
      return handle(exchange)
    },
  })
  const guarded = (handle: Area['handle']): Area => ({
    handle: (exchange) => {
      origins.requireOwnHost(exchange.req)
      return handle(exchange)
    },
  })
  const metrics = named(METRICS_PATH, createMetricsHandler(services.metrics, env.METRICS_TOKEN, headers))
  const trpc: Area = { ...createTrpcHandler({ router, contextOf, headers }), accepts: JSON_ONLY }
  const rest: Area = { ...createRestHandler({ router, routes, contextOf, headers }), accepts: JSON_ONLY }
  const upload = createImportUpload(contextOf, headers, createUploadRoom())
  /** Uploads are posted to where the imports are listed. */
  const imports: Area = {
    handle: (exchange) => (exchange.method === 'POST' ? upload(exchange) : rest.handle(exchange)),
    fail: rest.fail,
    accepts: UPLOAD_TYPES,
    timeoutMs: UPLOAD_TIMEOUT_MS,
  }
  const errorFile: Area = { handle: createErrorFile(contextOf, headers), timeoutMs: UPLOAD_TIMEOUT_MS }
  const exportFile: Area = { handle: createExportHandler(contextOf, headers), timeoutMs: EXPORT_TIMEOUT_MS }
  const accountExport: Area = { handle: createAccountExportHandler(contextOf, headers), timeoutMs: EXPORT_TIMEOUT_MS }
  const docsPage: Area = { handle: docs.page }
  const web: Area = { handle: createWebHandler(env.WEB_ROOT, headers) }
  const mailbox: Area =
    env.isProduction || (env.EMAIL_TRANSPORT ?? 'mailbox') !== 'mailbox'
      ? nowhere
      : guarded(createMailboxHandler(services.database, headers))

  const exact = new Map<string, Area>([
    ...Object.entries(health).map(([path, handle]) => [path, named(path, handle)] as const),
    [METRICS_PATH, env.METRICS_PORT === undefined ? metrics : nowhere],
    [DOCUMENT_PATH, { handle: docs.document }],
    [`${MAILBOX_BASE}.json`, mailbox],
    [`${MAILBOX_BASE}.css`, mailbox],
  ])

  const areaOf = (path: string): Area => {
    if (path.startsWith('/trpc/')) return trpc
    const known = exact.get(path)
    if (known) return known
    if (path === IMPORTS_PATH) return imports
    if (isErrorFile(path)) return errorFile
    if (isExportFile(path)) return exportFile
    if (isAccountExportFile(path)) return accountExport
    if (under(path, REST_BASE)) return rest
    if (under(path, DOCS_BASE)) return docsPage
    if (under(path, MAILBOX_BASE)) return mailbox
    return RESERVED.test(path) ? nowhere : web
  }

  const listen = (areas: (path: string) => Area) =>
    createListener({ services, headers, origins, trustedHops: env.TRUST_PROXY_HOPS, phase, areaOf: areas })
  return {
    main: listen(areaOf),
    /** For METRICS_PORT: nothing but the metrics. */
    metrics: listen((path) => (path === METRICS_PATH ? metrics : nowhere)),
  }
}

export type App = ReturnType<typeof createApp>
