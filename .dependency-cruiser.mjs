// Type imports do not count (`tsPreCompilationDeps: false`): they are gone before anything runs. In .vue files they do:
// a component takes the types of the server from @servai/client. docs/ARCHITECTURE.md
const BROWSER = '^(apps/web/src|packages/client/src)/'
/** Only these packages may be loaded by a browser; of `db`, only the schema. */
const SERVER = [
  '^apps/(server|worker)/',
  '^packages/(api|auth|redis|email|telemetry)/src/',
  '^packages/db/(src/(?!schema/)|test/)',
  'node_modules/(postgres|pg|ioredis|bullmq|pino|prom-client|jose|nodemailer|resend|@node-rs/argon2|@simplewebauthn/server)/',
]
const TEST = '[.]test[.]ts$|/test/'
const INSIDES = ['^packages/api/src/.+/(policy|router|jobs)[.]ts$', '^packages/api/src/.+/import/']

export default {
  forbidden: [
    {
      name: 'browser-never-reaches-the-server',
      comment: 'Code of the server, with its secrets and its size, must not be bundled for browsers, by no detour.',
      severity: 'error',
      from: { path: BROWSER, pathNot: TEST },
      to: { path: SERVER, reachable: true },
    },
    {
      name: 'browser-knows-no-node',
      comment: 'A browser has no node: modules; what is browser-safe must stay so.',
      severity: 'error',
      from: { path: ['^apps/web/src/', '^packages/(client|contract)/src/', '^packages/db/src/schema/'], pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'services-know-no-transport',
      comment: 'A service or policy is called from tRPC, REST and jobs alike: it must not know any of them.',
      severity: 'error',
      from: { path: '^packages/api/src/.+/(service|policy)[.]ts$' },
      to: {
        path: [
          'node_modules/(@trpc|bullmq|ioredis)/',
          '^node:https?$|^https?$',
          '^apps/',
          '^packages/api/src/(trpc|root)[.]ts$',
          '^packages/api/src/.+/(router|jobs)[.]ts$',
        ],
      },
    },
    {
      name: 'sql-lives-in-slices',
      comment: 'Queries are written in services, policies and packages/db; routers, jobs and apps call those.',
      severity: 'error',
      from: {
        path: ['^apps/', '^packages/(?!db/)', '^examples/'],
        pathNot: [
          TEST,
          '^packages/api/src/.+/(service|policy)[.]ts$',
          '^packages/api/src/[^/]+[.]ts$',
          '^packages/api/src/.+/(import|export)/',
        ],
      },
      to: { path: 'node_modules/(drizzle-orm|postgres)/' },
    },
    {
      name: 'slices-meet-at-the-service',
      comment:
        'A slice is used by others through its service alone; what explains access asks the policies themselves.',
      severity: 'error',
      from: { path: '^packages/api/src/([^/]+)/', pathNot: [TEST, '^packages/api/src/staff/explain/policy[.]ts$'] },
      to: { path: INSIDES, pathNot: '^packages/api/src/$1/' },
    },
    {
      name: 'entities-meet-at-the-service',
      comment: 'So is an entity of the registry; what all of them share stands one folder above.',
      severity: 'error',
      from: { path: '^packages/api/src/property/([^/]+)/', pathNot: TEST },
      to: {
        path: INSIDES,
        pathNot: [
          '^packages/api/src/property/$1/',
          '^packages/api/src/(?!property/)',
          '^packages/api/src/property/[^/]+[.]ts$',
        ],
      },
    },
    {
      name: 'raw-pool-only-at-the-edge',
      comment: 'A slice sees the database only as the transaction in its context, bound to one company.',
      severity: 'error',
      from: { path: '^packages/api/src/.+/(service|policy|router)[.]ts$' },
      to: { path: ['^packages/db/src/(index|lanes|migrate|provision|self-check)[.]ts$', 'node_modules/postgres/'] },
    },
    {
      name: 'no-cycles',
      comment:
        'A cycle through an import() is none when modules are loaded: a route and its lazy page may know each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.vue', '.json'],
    },
  },
}
