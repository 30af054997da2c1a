import type { Database } from '@servai/db'
import { TRPCError } from '@trpc/server'
import { reply, replyJson, type Exchange } from './exchange.ts'
import type { AnswerHeaders } from './headers.ts'
import { parseQuery } from './json.ts'
import { listPage, messagePage, STYLE, toFrame, type StoredMail } from './mailbox-page.ts'

const MAX_MESSAGES = 100
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const MAILBOX_BASE = '/dev/mailbox'

const COLUMNS = 'id, sender as "from", recipient as "to", subject, html, text, created_at as "createdAt"'
const OF_ANYBODY = `select ${COLUMNS} from dev_mailbox order by created_at desc, id desc limit ${MAX_MESSAGES}`
const OF_ONE = `select ${COLUMNS} from dev_mailbox where lower(recipient) = lower($1) order by created_at desc, id desc limit ${MAX_MESSAGES}`
const BY_ID = `select ${COLUMNS} from dev_mailbox where id = $1`

/** Where mail goes in development: what it would have looked like in the reader's own program. */
export const createMailboxHandler = ({ lookup }: Pick<Database, 'lookup'>, headers: AnswerHeaders) => {
  const listed = (to: string | undefined) =>
    to ? lookup<StoredMail>(OF_ONE, [to]) : lookup<StoredMail>(OF_ANYBODY, [])

  const byId = async (id: string | undefined): Promise<StoredMail> => {
    const [mail] = id && UUID.test(id) ? await lookup<StoredMail>(BY_ID, [id]) : []
    if (!mail) throw new TRPCError({ code: 'NOT_FOUND' })
    return mail
  }

  return async (exchange: Exchange) => {
    exchange.route = MAILBOX_BASE
    const rest = exchange.path.slice(MAILBOX_BASE.length)
    const to = parseQuery(exchange.query).find(([name]) => name === 'to')?.[1]
    if (rest === '.json') return replyJson(exchange, 200, headers.json, await listed(to))
    if (rest === '.css') return reply(exchange, 200, headers.mailboxStyle, STYLE)
    if (rest === '' || rest === '/') return reply(exchange, 200, headers.mailboxPage, listPage(await listed(to), to))
    const [, id, part, ...more] = rest.split('/')
    if (more.length > 0 || (part !== undefined && part !== 'html')) throw new TRPCError({ code: 'NOT_FOUND' })
    const mail = await byId(id)
    if (part === 'html') reply(exchange, 200, headers.mail, toFrame(mail.html))
    else reply(exchange, 200, headers.mailboxPage, messagePage(mail))
  }
}
