// What a careful programmer would write by hand: node:http, postgres.js, jose. No row-level security, no validation, no
// limits, no logs, no metrics. FLOOR_CACHE=1 remembers verified tokens.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { derive, parseKeyRing } from '@servai/auth/key-ring'
import { jwtVerify } from 'jose'
import postgres from 'postgres'

const { FLOOR_DATABASE_URL = '', JWT_KEYS = '', APP_URL = '', FLOOR_CACHE, FLOOR_POOL = '10' } = process.env

const sql = postgres(FLOOR_DATABASE_URL, { max: Number(FLOOR_POOL), fetch_types: false })
const secret = derive(parseKeyRing(JWT_KEYS).current.secret, 'access-token')
const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
  'verify',
])

type Claims = { userId: string; sessionId: string; tokenVersion: number }
const verified = FLOOR_CACHE ? new Map<string, Claims>() : null

const claimsOf = async (req: IncomingMessage): Promise<Claims> => {
  const token = req.headers.authorization?.slice(7) ?? ''
  const known = verified?.get(token)
  if (known) return known
  const { payload } = await jwtVerify(token, key, { issuer: APP_URL, audience: 'servai-api', algorithms: ['HS256'] })
  const claims = { userId: payload.sub!, sessionId: String(payload['sid']), tokenVersion: Number(payload['tv']) }
  verified?.set(token, claims)
  return claims
}

class Refused extends Error {}

/** The company whose director this session belongs to. */
const directorOf = async (req: IncomingMessage) => {
  const { sessionId, tokenVersion } = await claimsOf(req)
  const [found] = await sql`
    select u.id as "userId", u.token_version, g.company_id as "companyId"
    from sessions s
    join users u on u.id = s.user_id
    join role_grants g on g.user_id = u.id and g.role = 'director'
    where s.id = ${sessionId} and s.revoked_at is null and s.expires_at > now() and u.status = 'active'
      and u.deleted_at is null and u.email_verified_at is not null`
  if (!found || found['token_version'] !== tokenVersion) throw new Refused()
  return { userId: String(found['userId']), companyId: String(found['companyId']), sessionId }
}

const me = async (req: IncomingMessage) => {
  const { sessionId, tokenVersion } = await claimsOf(req)
  const [row] = await sql`
    select u.id, u.email, u.first_name, u.last_name, u.locale, u.email_verified_at, u.token_version,
      (select json_agg(json_build_object('role', g.role, 'company', c.id, 'name', c.name, 'currency', c.currency, 'timezone', c.timezone))
       from role_grants g left join companies c on c.id = g.company_id
       where g.user_id = u.id and (g.expires_at is null or g.expires_at > now())) as grants,
      (select json_agg(distinct r.company_id) from people p
       join residencies r on r.company_id = p.company_id and r.person_id = p.id and r.deleted_at is null
       where p.user_id = u.id and p.deleted_at is null and r.starts_on <= current_date
         and (r.ends_on is null or r.ends_on > current_date)) as homes
    from sessions s join users u on u.id = s.user_id
    where s.id = ${sessionId} and s.revoked_at is null and s.expires_at > now() and u.status = 'active' and u.deleted_at is null`
  if (!row || row['token_version'] !== tokenVersion) throw new Refused()
  const grants = (row['grants'] ?? []) as {
    role: string
    company: string
    name: string
    currency: string
    timezone: string
  }[]
  return {
    id: row['id'],
    email: row['email'],
    firstName: row['first_name'],
    lastName: row['last_name'],
    locale: row['locale'],
    emailVerified: row['email_verified_at'] !== null,
    contexts: grants.map(({ role, company, name, currency, timezone }) => ({
      key: `staff:${company}`,
      kind: 'staff',
      company: { id: company, name, currency, timezone },
      roles: [role],
    })),
    homes: row['homes'],
  }
}

const COLUMNS = sql`
  u.id, u.version, u.created_at, u.updated_at, u.complex_id, x.name as complex_name, u.building_id, b.name as building_name,
  u.entrance_id, e.number as entrance_number, u.type, u.number, u.number_sort, u.floor, u.area_m2,
  u.share_numerator::float8, u.share_denominator::float8,
  (select count(*)::int from residencies r where r.company_id = u.company_id and r.unit_id = u.id and r.deleted_at is null
     and r.starts_on <= (now() at time zone x.timezone)::date
     and (r.ends_on is null or r.ends_on > (now() at time zone x.timezone)::date)) as residents`
const JOINS = sql`
  join complexes x on x.company_id = u.company_id and x.id = u.complex_id
  join buildings b on b.company_id = u.company_id and b.id = u.building_id
  left join entrances e on e.company_id = u.company_id and e.id = u.entrance_id`

const ALLOWED = ['update', 'remove']
const present = (row: postgres.Row) => ({
  id: row['id'],
  version: row['version'],
  createdAt: (row['created_at'] as Date).toISOString(),
  updatedAt: (row['updated_at'] as Date).toISOString(),
  removedAt: null,
  allowed: ALLOWED,
  complex: { id: row['complex_id'], name: row['complex_name'] },
  building: { id: row['building_id'], name: row['building_name'] },
  entrance: row['entrance_id'] && { id: row['entrance_id'], number: row['entrance_number'] },
  type: row['type'],
  number: row['number'],
  floor: row['floor'],
  areaM2: row['area_m2'],
  share: row['share_numerator'] && { numerator: row['share_numerator'], denominator: row['share_denominator'] },
  residents: row['residents'],
})

const list = async (req: IncomingMessage, query: URLSearchParams) => {
  const { companyId } = await directorOf(req)
  const limit = Number(query.get('limit'))
  const after = query.get('after')
  const id = query.get('id')
  const rows = after
    ? await sql`
        select ${COLUMNS} from (
          select company_id, id from units where company_id = ${companyId} and deleted_at is null
            and (number_sort, id) > (${after}, ${id}::uuid) order by number_sort, id limit ${limit + 1}
        ) page join units u on u.company_id = page.company_id and u.id = page.id ${JOINS} order by u.number_sort, u.id`
    : await sql`
        select ${COLUMNS} from (
          select company_id, id from units where company_id = ${companyId} and deleted_at is null
          order by number_sort, id limit ${limit + 1}
        ) page join units u on u.company_id = page.company_id and u.id = page.id ${JOINS} order by u.number_sort, u.id`
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items: items.map(present), nextCursor: last ? [last['number_sort'], last['id']] : null }
}

const bodyOf = async (req: IncomingMessage) => {
  const parts: Buffer[] = []
  for await (const part of req) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as { id: string; version: number; floor: number }
}

/** The statements of the transaction leave together. */
const update = async (req: IncomingMessage) => {
  const { id, version, floor } = await bodyOf(req)
  const { userId, companyId, sessionId } = await directorOf(req)
  const [changed, , [row]] = await sql.begin((tx) => [
    tx`update units set floor = ${floor}, version = version + 1, updated_at = now()
       where company_id = ${companyId} and id = ${id} and version = ${version} and deleted_at is null`,
    tx`insert into audit_log (company_id, actor_id, session_id, action, entity, entity_id, after)
       values (${companyId}, ${userId}, ${sessionId}, 'units.update', 'units', ${id}, ${JSON.stringify({ floor })}::jsonb)`,
    tx`select ${COLUMNS} from units u ${JOINS} where u.company_id = ${companyId} and u.id = ${id}`,
  ])
  if (changed.count !== 1 || !row) throw new Refused()
  return present(row)
}

const answer = (res: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  res.end(body)
}

const handle = async (req: IncomingMessage, res: ServerResponse) => {
  const [path, query = ''] = req.url!.split('?')
  if (path === '/health') return answer(res, 200, { status: 'ok' })
  try {
    if (path === '/me') return answer(res, 200, await me(req))
    if (path === '/units') return answer(res, 200, await list(req, new URLSearchParams(query)))
    if (path === '/units/update') return answer(res, 200, await update(req))
    return answer(res, 404, {})
  } catch (error) {
    if (!(error instanceof Refused)) console.error(error)
    return answer(res, error instanceof Refused ? 401 : 500, {})
  }
}

const server = createServer((req, res) => void handle(req, res))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
for (const end of ['disconnect', 'SIGTERM']) process.once(end, () => process.exit(0))
