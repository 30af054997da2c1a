import type { Locale } from '@servai/contract/locales'
import type { Database } from '@servai/db'
import { writeZip } from '../../property/export/zip.ts'
import { SECTIONS, type Section } from './sections.ts'
import { readmeOf } from './texts.ts'

async function* jsonOf({ rows }: Section, database: Database, userId: string): AsyncGenerator<Buffer> {
  let isFirst = true
  for await (const page of rows(database, userId)) {
    if (page.length === 0) continue
    const text = page.map((row) => JSON.stringify(row, null, 2)).join(',\n')
    yield Buffer.from(`${isFirst ? '[\n' : ',\n'}${text}`)
    isFirst = false
  }
  yield Buffer.from(isFirst ? '[]\n' : '\n]\n')
}

/** A zip of JSON files and a README in the account's language, read as it is written. */
export const writeArchive = (
  database: Database,
  { userId, locale, at }: { userId: string; locale: Locale; at: Date },
): AsyncGenerator<Buffer> =>
  writeZip([
    {
      name: 'README.txt',
      content: [
        Buffer.from(
          `\uFEFF${readmeOf(
            locale,
            SECTIONS.map(({ name }) => name),
            at,
          )}`,
        ),
      ],
    },
    ...SECTIONS.map((section) => ({ name: `${section.name}.json`, content: jsonOf(section, database, userId) })),
  ])
