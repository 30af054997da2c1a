import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { TRPCError } from '@trpc/server'
import { reply, type Exchange } from './exchange.ts'
import type { AnswerHeaders } from './headers.ts'
import { DOCUMENT_PATH } from './openapi.ts'
import { CLIENT_HEADER } from './origin.ts'

export const DOCS_BASE = '/api/docs'

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>servAI API</title>
<link rel="stylesheet" href="${DOCS_BASE}/swagger-ui.css">
<link rel="icon" href="${DOCS_BASE}/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${DOCS_BASE}/swagger-ui-bundle.js"></script>
<script src="${DOCS_BASE}/init.js"></script>
</body>
</html>
`

const INIT = `SwaggerUIBundle({
  url: '${DOCUMENT_PATH}',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers['${CLIENT_HEADER}'] = 'docs'
    return request
  },
})
`

const JAVASCRIPT = 'text/javascript; charset=utf-8'
/** Files of swagger-ui-dist that the page uses. */
const PACKAGED: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': JAVASCRIPT,
  'favicon-32x32.png': 'image/png',
}

/** The OpenAPI document, and a page to browse and try it. */
export const createDocsHandler = (document: object, headers: AnswerHeaders) => {
  const text = JSON.stringify(document)
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const files = new Map<string, Promise<Buffer>>()

  const readOnce = (name: string) => {
    const file = files.get(name) ?? readFile(path.join(folder, name))
    files.set(name, file)
    return file
  }

  return {
    document: (exchange: Exchange) => {
      exchange.route = DOCUMENT_PATH
      reply(exchange, 200, headers.json, text)
    },
    page: async (exchange: Exchange) => {
      exchange.route = DOCS_BASE
      const name = exchange.path.slice(DOCS_BASE.length + 1)
      if (name === '') return reply(exchange, 200, headers.docsPage, PAGE)
      const type = name === 'init.js' ? JAVASCRIPT : Object.hasOwn(PACKAGED, name) ? PACKAGED[name] : undefined
      if (!type) throw new TRPCError({ code: 'NOT_FOUND' })
      exchange.headers.push('content-type', type)
      reply(exchange, 200, headers.docsFile, name === 'init.js' ? INIT : await readOnce(name))
    },
  }
}
